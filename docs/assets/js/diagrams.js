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
    .node.taken :is(rect, polygon, path) {
      fill: var(--accent-wash) !important;
      stroke: var(--accent) !important;
      stroke-width: 2.5px !important;
    }
    .node.asked :is(rect, polygon, path) { fill: var(--accent) !important }
    .node.asked .nodeLabel, .node.asked .nodeLabel * {
      color: var(--paper) !important;
    }
    path.taken {
      stroke: var(--accent) !important;
      stroke-width: 3.5px !important;
    }
    a:focus-visible { outline: 2px solid var(--md-accent-fg-color) }
  `;

  const draw = async (id, text) => {
    try {
      const { svg } = await (await load()).render(id, text);
      return {
        svg: `<div style="overflow-x: auto">
          ${svg.replace(WIDTH, `$& min-width: min($1, ${LEGIBLE});`)}</div>`,
        fn: (root) => makeReachable(root.firstElementChild, "Wide diagram"),
      };
    } catch (error) {
      drawings.delete(text);
      for (const source of document.querySelectorAll("pre.mermaid"))
        if (source.textContent === text) source.dataset.failed = "";
      throw error;
    }
  };

  /* One drawing for each text: Material and ask.js may ask for the same,
     and its colours follow the palette by themselves. */
  const drawings = new Map();

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
    render: (id, text) => {
      if (!drawings.has(text)) drawings.set(text, draw(id, text));
      return drawings.get(text);
    },
  };
  window.mermaid = standIn;
}
