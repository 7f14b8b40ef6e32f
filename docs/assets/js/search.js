/* The search: a dialog that loads the index and the engine when it first opens.
   Keys: / or s opens it, arrows choose, Enter goes, Escape closes. */
{
  const here = document.currentScript.src;
  let engine;

  const load = () =>
    (engine ??= Promise.all([
      fetch(new URL("../search.json", here)).then((answer) => answer.json()),
      new Promise((resolve, reject) => {
        const src = new URL("search-engine.js", here);
        document.head.append(Object.assign(document.createElement("script"), { src, onload: resolve, onerror: reject }));
      }),
    ])
      .then(([pages]) => new SearchEngine(pages))
      .catch((error) => {
        engine = undefined;
        throw error;
      }));

  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  const KIND = { pattern: "Pattern", topic: "Topic", reference: "Module", decide: "Decide" };
  const base = new URL("../../", here);

  const hit = ({ page, sections }) => {
    const links = sections.map(({ title, anchor, context }) =>
      make(
        "a",
        { href: new URL(page.url + (anchor && `#${anchor}`), base), className: "search__section" },
        make("span", { className: "search__heading", textContent: title === page.title ? "" : title }),
        make("span", {}, ...context.map(([text, isHit]) => (isHit ? make("mark", { textContent: text }) : text))),
      ),
    );
    const head = make("a", { href: new URL(page.url, base), className: "search__page", textContent: page.title });
    const kind = make("span", { className: "search__kind", textContent: KIND[page.kind] ?? "" });
    return make("li", {}, make("p", {}, head, " ", kind), ...links);
  };

  const show = async (dialog) => {
    const query = dialog.querySelector("input").value;
    const status = dialog.querySelector("[role=status]");
    const list = dialog.querySelector("ol");
    try {
      const found = (await load()).search(query);
      if (query !== dialog.querySelector("input").value) return;
      list.replaceChildren(...found.map(hit));
      status.textContent = query.trim() ? `${found.length || "No"} page${found.length === 1 ? "" : "s"} found` : "";
    } catch {
      status.textContent = "The search index could not be loaded. Try again.";
    }
  };

  const open = () => {
    const dialog = document.querySelector("dialog.search");
    if (!dialog || dialog.open) return;
    dialog.showModal();
    dialog.querySelector("input").select();
    show(dialog);
  };

  const step = (dialog, by) => {
    const stops = [dialog.querySelector("input"), ...dialog.querySelectorAll("a")];
    const next = stops[stops.indexOf(document.activeElement) + by];
    next?.focus();
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest(".search-open")) open();
    const dialog = event.target.closest("dialog.search");
    if (dialog && (event.target === dialog || event.target.closest("a, .search__close"))) dialog.close();
  });
  document.addEventListener("input", ({ target }) => {
    const dialog = target.closest("dialog.search");
    if (dialog) show(dialog);
  });
  document.addEventListener("submit", (event) => {
    const dialog = event.target.closest("dialog.search");
    if (!dialog) return;
    event.preventDefault();
    dialog.querySelector("ol a")?.click();
  });
  document.addEventListener("keydown", (event) => {
    const dialog = event.target.closest("dialog.search");
    const typing = event.target.matches("input, textarea, select, [contenteditable]");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (dialog && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      step(dialog, event.key === "ArrowDown" ? 1 : -1);
    } else if (!typing && !dialog && ["/", "s"].includes(event.key)) {
      event.preventDefault();
      open();
    }
  });
}
