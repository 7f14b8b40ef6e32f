/* Stands in for window.mermaid, which Material asks to draw each diagram, and
   loads our own copy of it when the first one comes. Loaded twice where a page
   has a diagram: by extra_javascript and by mkdocs-mermaid2-plugin. */
if (!window.mermaid || window.mermaid instanceof Element) {
  const src = new URL("../vendor/mermaid.js", document.currentScript.src).href;
  let config = {};
  let real;

  /* On a phone a wide diagram scrolls instead of becoming illegible. */
  const WIDTH = /max-width: ([\d.]+px);/;
  const LEGIBLE = "26rem";

  const load = () =>
    (real ??= new Promise((resolve, reject) => {
      const script = Object.assign(document.createElement("script"), {
        src,
        onload: () => {
          const mermaid = window.mermaid;
          window.mermaid = standIn;
          mermaid.initialize(config);
          resolve(mermaid);
        },
        onerror: () => reject(new Error(`Cannot load ${src}`)),
      });
      document.head.append(script);
    }));

  /* What Material's own style leaves to Mermaid's light theme. */
  const style = `
    marker[id$="-arrowhead"] path, marker[id$="-crosshead"] path {
      fill: var(--md-mermaid-sequence-message-line-color) !important;
      stroke: var(--md-mermaid-sequence-message-line-color) !important;
    }
    .actor-line { stroke: var(--md-mermaid-sequence-actor-line-color) !important }
    .edgeLabel, .edgeLabel p { border: 0; outline: 0 }
    .cluster-label, .cluster-label p, .nodeLabel p { margin: 0 }
    .node a .nodeLabel { text-decoration: underline; text-underline-offset: 2px }
    a:focus-visible { outline: 2px solid var(--md-accent-fg-color) }
  `;

  const standIn = {
    initialize: (given) => {
      config = {
        ...given,
        look: "classic",
        theme: "default",
        themeCSS: given.themeCSS + style,
        suppressErrorRendering: true,
      };
    },
    render: async (id, text) => {
      try {
        const { svg } = await (await load()).render(id, text);
        return {
          svg: `<div style="overflow-x: auto">
            ${svg.replace(WIDTH, `$& min-width: min($1, ${LEGIBLE});`)}</div>`,
          fn: (root) => makeReachable(root.firstElementChild, "Wide diagram"),
        };
      } catch (error) {
        for (const source of document.querySelectorAll("pre.mermaid"))
          if (source.textContent === text) source.dataset.failed = "";
        throw error;
      }
    },
  };
  window.mermaid = standIn;
}
