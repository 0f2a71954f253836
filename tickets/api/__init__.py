"""The work in the JSON API: tickets, contacts, consultations, follow-ups and questions to the ward."""
