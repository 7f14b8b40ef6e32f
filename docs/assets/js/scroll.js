/* Lets the keyboard reach a table or diagram while it scrolls sideways. Code
   that scrolls is made focusable by Material. */
{
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const scrolls = target.scrollWidth > target.clientWidth;
      const attributes = { tabindex: 0, role: "group", ...target.reachable };
      for (const [name, value] of Object.entries(attributes))
        if (scrolls) target.setAttribute(name, value);
        else target.removeAttribute(name);
    }
  });

  window.makeReachable = (element, name) => {
    element.reachable = { "aria-label": name };
    observer.observe(element);
  };

  document$.subscribe(() => {
    for (const table of document.querySelectorAll(".md-typeset__scrollwrap"))
      makeReachable(table, "Wide table");
    for (const diagram of document.querySelectorAll(".diagram"))
      makeReachable(diagram, "Wide diagram");
  });
}
