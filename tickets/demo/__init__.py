"""The demo office: invented people and cases, made by a seeded generator; a real installation never has them."""
