/* Copies code, and opens folded imports. A snippet's buttons carry their text in data-copy; every other
   code block gets a button that copies what it shows, unless it shows how to
   use a snippet and what that prints (#>): its imports work here only. A button
   elsewhere names the block it copies in data-from. */
{
  const status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  document.body.append(status);

  const say = (button, text, announcement) => {
    button.dataset.label ??= button.textContent;
    button.textContent = text;
    status.textContent = announcement;
    clearTimeout(button.timer);
    button.timer = setTimeout(() => {
      button.textContent = button.dataset.label;
      status.textContent = "";
    }, 2000);
  };

  const FOLD = ".imports > button";
  const open = (fold, is) => fold.setAttribute("aria-expanded", is);
  document.addEventListener("click", ({ target }) => {
    const fold = target.closest(FOLD);
    if (fold) open(fold, fold.getAttribute("aria-expanded") === "false");
  });

  document.addEventListener("click", async ({ target }) => {
    const button = target.closest("button.snippet__copy");
    if (!button) return;
    const block =
      document.getElementById(button.dataset.from) ??
      button.closest(".snippet, .highlight");
    const parts = [...block.querySelectorAll("pre code")];
    try {
      const shown = parts.map((part) => part.textContent).join("");
      await navigator.clipboard.writeText(button.dataset.copy ?? shown);
      say(button, "Copied", "Copied to the clipboard");
    } catch {
      for (const fold of block.querySelectorAll(FOLD)) open(fold, true);
      getSelection().setBaseAndExtent(parts[0], 0, parts.at(-1), parts.at(-1).childNodes.length);
      say(button, "Not copied", "Could not copy: the code is selected instead");
    }
  });

  /* Not Material's content.code.copy: its buttons stand in a <nav> without a
     name (axe: landmark-unique). document$ also follows instant navigation. */
  document$.subscribe(() => {
    const blocks = ".highlight:not(.no-copy, .doc-signature)";
    for (const block of document.querySelectorAll(blocks)) {
      if (block.querySelector(".snippet__copy")) continue;
      if (block.textContent.includes("\n#> ")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "snippet__copy";
      button.textContent = "Copy";
      block.append(button);
      block.classList.add("has-copy");
    }
  });
}
