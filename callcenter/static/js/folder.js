// The search of the public site as a folder: looks through window.FAQ (index.js) without fetching anything. Pairs of
// characters of a folded text, weighed by field and by how rare they are; words that mean the same count as one.
(() => {
  const WEIGHTS = [3, 2, 1];
  const SHOWN = 20;
  const WORTH = 0.3;
  const KANA = /^[\u3041-\u3096\u30fc]{2}$/;
  const RUNS = /[\p{L}\p{N}\p{M}_]+/gu;

  // As the server folds: width, case and kana make no difference, nor does white space.
  const fold = (text) =>
    text.normalize("NFKC").toLowerCase().replace(/\s+/g, "").replace(/[\u30a1-\u30f4]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60));

  function pairs(text) {
    const found = new Set();
    for (const run of text.match(RUNS) ?? []) {
      const letters = [...run];
      if (letters.length === 1) found.add(run);
      for (let at = 0; at + 1 < letters.length; at++) found.add(letters[at] + letters[at + 1]);
    }
    return found;
  }

  function find(query, { articles, synonyms }) {
    const words = fold(query);
    const groups = synonyms.filter((group) => group.some((word) => word && words.includes(word)));
    const terms = [...pairs(words)].map((pair) => ({ words: [pair], weight: KANA.test(pair) ? 0.3 : 1, tells: !KANA.test(pair) }));
    terms.push(...groups.map((group) => ({ words: group, weight: 3, tells: true })));
    const holds = (field, term) => term.words.some((word) => word && field.includes(word));
    for (const term of terms) {
      const count = articles.filter((one) => one.fields.some((field) => holds(field, term))).length;
      term.rare = Math.log(1 + (articles.length - count + 0.5) / (count + 0.5));
    }
    const fragment = words.length <= 4;
    const scored = articles.map((article) => {
      let score = 0, tells = fragment;
      for (const term of terms) {
        const held = article.fields.reduce((sum, field, at) => sum + (holds(field, term) ? WEIGHTS[at] : 0), 0);
        if (held) tells ||= term.tells;
        score += (term.weight * term.rare * held) / (held + 1.2);
      }
      return { article, score: tells ? score : 0 };
    });
    const best = scored.filter((one) => one.score > 0).sort((one, other) => other.score - one.score);
    return best.filter((one) => one.score >= WORTH * best[0].score).slice(0, SHOWN).map((one) => one.article);
  }

  function shown(article) {
    const link = document.createElement("a");
    link.className = "public-found__question";
    link.href = article.url;
    link.textContent = article.question;
    const lead = document.createElement("p");
    lead.textContent = article.lead;
    const category = document.createElement("p");
    category.className = "quiet";
    category.textContent = article.category;
    const item = document.createElement("li");
    item.className = "public-found__item";
    item.append(link, lead, category);
    return item;
  }

  const place = document.querySelector("[data-folder-search]");
  const line = document.querySelector("input[type=search]");
  const query = new URLSearchParams(location.search).get("q")?.slice(0, 200).trim() ?? "";
  if (!place || !query) return;
  line.value = query;
  const found = find(query, window.FAQ);
  place.querySelector("[data-results]").replaceChildren(...found.map(shown));
  place.querySelector("[data-said]").textContent = found.length ? place.dataset.count.replace("{count}", found.length) : place.dataset.none;
})();
