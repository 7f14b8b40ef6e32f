/* Ranks pages for a query. Loaded with the index when a reader first searches.
   BM25 over weighted fields (Robertson and Zaragoza, 2009), times the share of
   the query that a page answers, times what kind of page it is. */
globalThis.SearchEngine = class {
  static STOP = new Set(
    ("a an and any are as at be but by can did do does for from get got has have how i if in into is it its me my no " +
      "not of on or our should so that the their then there they this to use was we what when where which who why " +
      "will with without would you your").split(" "),
  );
  static WEIGHTS = { title: 9, aliases: 7, heading: 3, text: 1 };
  static KINDS = { pattern: 1, topic: 0.8, home: 0.6, decide: 0.6, evidence: 0.5, contributing: 0.35, reference: 0.3 };
  static K = 1.4;

  constructor(pages) {
    this.pages = pages.map((page) => this.#prepare(page));
    const sizes = this.pages.map(({ size }) => size);
    this.mean = sizes.reduce((sum, size) => sum + size, 0) / (sizes.length || 1);
    this.holders = new Map();
    for (const { terms } of this.pages)
      for (const term of terms.keys()) this.holders.set(term, (this.holders.get(term) ?? 0) + 1);
  }

  /* Words without case, accents and endings: "Rounding cents" → round, cent. */
  static terms(text) {
    const words = text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().match(/[\p{L}\p{N}+]+/gu) ?? [];
    return words.filter((word) => !this.STOP.has(word)).map((word) => this.stem(word));
  }

  static stem(word) {
    if (word.length < 4) return word;
    const stem = word
      .replace(/ies$/, "y")
      .replace(/(ss|us|is)$|s$/, "$1")
      .replace(/(ational|ation|ating|ated|ate)$/, "at")
      .replace(/(ing|ed|ly|er)$/, "");
    return stem.length < 3 ? word : stem.replace(/(.)\1$/, "$1").replace(/e$/, "");
  }

  #prepare(page) {
    const { WEIGHTS } = SearchEngine;
    const terms = new Map();
    let size = 0;
    const add = (found, weight) => {
      for (const term of found) terms.set(term, (terms.get(term) ?? 0) + weight);
      size += found.length;
      return found;
    };
    const title = add(SearchEngine.terms(page.title), WEIGHTS.title);
    const aliases = page.aliases.map((alias) => add(SearchEngine.terms(alias), WEIGHTS.aliases));
    const sections = page.sections.map(([heading, anchor, text]) => ({
      title: heading,
      anchor,
      text,
      inHeading: add(SearchEngine.terms(heading), WEIGHTS.heading),
      inText: add(SearchEngine.terms(text), WEIGHTS.text),
    }));
    return { page, terms, size, sections, names: [title, ...aliases].map((name) => ` ${name.join(" ")} `) };
  }

  #rarity(term) {
    const holders = this.holders.get(term) ?? 0;
    return Math.log(1 + (this.pages.length - holders + 0.5) / (holders + 0.5));
  }

  /* The last word may be half typed: all that it may become. */
  #variants(term, last) {
    if (!last || term.length < 2) return [term];
    const longer = [...this.holders.keys()].filter((known) => known.startsWith(term));
    return longer.length ? longer : [term];
  }

  search(query, limit = 10) {
    const asked = [...new Set(SearchEngine.terms(query))];
    if (!asked.length) return [];
    const unfinished = !/[\s.,;:!?]$/.test(query);
    const wanted = asked.map((term, number) => this.#variants(term, unfinished && number === asked.length - 1));
    const phrase = ` ${SearchEngine.terms(query).join(" ")} `;
    const hits = this.pages
      .map((entry) => ({ entry, score: this.#score(entry, wanted, phrase) }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score);
    return hits.slice(0, limit).map(({ entry, score }) => ({
      page: entry.page,
      score,
      sections: this.#best(entry, new Set(wanted.flat())),
    }));
  }

  #score(entry, wanted, phrase) {
    let sum = 0;
    let answered = 0;
    let all = 0;
    for (const variants of wanted) {
      const worth = Math.max(...variants.map((term) => this.#rarity(term)));
      all += worth;
      const gain = Math.max(...variants.map((term) => this.#gain(entry, term)));
      if (gain > 0) answered += worth;
      sum += gain;
    }
    if (!sum) return 0;
    const named = entry.names.includes(phrase) ? 4 : entry.names.some((name) => name.includes(phrase)) ? 2 : 1;
    return sum * (answered / all) ** 2 * named * (SearchEngine.KINDS[entry.page.kind] ?? 0.3);
  }

  #gain(entry, term) {
    const count = entry.terms.get(term) ?? 0;
    const long = 0.5 + (0.5 * entry.size) / this.mean;
    return (this.#rarity(term) * count * (SearchEngine.K + 1)) / (count + SearchEngine.K * long);
  }

  /* Up to two sections that say most of it, in the order of the page. */
  #best(entry, wanted) {
    const hits = entry.sections.map((section, place) => {
      const found = (terms) => new Set(terms.filter((term) => wanted.has(term))).size;
      return { place, section, hits: 2 * found(section.inHeading) + found(section.inText) };
    });
    const best = hits.filter(({ hits }) => hits).sort((a, b) => b.hits - a.hits || a.place - b.place).slice(0, 2);
    return best.sort((a, b) => a.place - b.place).map(({ section }) => ({
      title: section.title,
      anchor: section.anchor,
      context: SearchEngine.context(section.text, wanted),
    }));
  }

  /* About two lines around the first hit: [text, is it a hit], … */
  static context(text, wanted, length = 180) {
    const words = text.split(/(\s+)/);
    const isHit = (word) => SearchEngine.terms(word).some((term) => wanted.has(term));
    const first = Math.max(0, words.findIndex(isHit));
    let start = first;
    while (start > 0 && words.slice(start - 1, first).join("").length < length / 3) start -= 1;
    const parts = start ? [["… ", false]] : [];
    let used = 0;
    for (const word of words.slice(start)) {
      if (used > length) {
        parts.push([" …", false]);
        break;
      }
      parts.push([word, isHit(word)]);
      used += word.length;
    }
    return parts;
  }
};
