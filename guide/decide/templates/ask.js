/* The decision guide: one question at a time, instead of reading them all.
   The state is in the address (?complex-domain=yes&…), so Back, reload and a
   shared link work; `ask` names a question to answer anew. Everything asked
   and every outcome is in the page or a page of its own without this.
   Stands at the end of the page; what comes earlier waits for it unseen. */
{
  const ANSWERS = ["yes", "no"];
  /* Parameters of search and campaigns, which are no one's answer. */
  const FOREIGN = /^(h|utm_.*|fbclid|gclid)$/;

  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  class Guide {
    constructor(root) {
      const { start, none, nodes } = JSON.parse(root.dataset.flow);
      Object.assign(this, { root, start, none, nodes });
      this.place = root.querySelector(".decide__ask");
      this.map = new DecisionMap(root.querySelector(".decide__map"));
      this.status = make("p", { className: "visually-hidden", role: "status" });
      this.root.prepend(this.status);
      const all = document.querySelector("details.all-questions");
      all.open = Boolean(all.querySelector(":target"));
      this.read();
    }

    title(id) {
      return document.getElementById(id).firstChild.textContent.trim();
    }

    /* How far the answers lead: nodes and edges passed, and where they end. */
    walk(answers) {
      const passed = ["new-feature"];
      const edges = ["from-start"];
      const given = new Map();
      let id = this.start;
      while (id) {
        passed.push(id);
        const { yes, next } = this.nodes[id];
        if (!yes) {
          if (next) edges.push(`from-${id}`);
          id = next;
        } else if (answers.has(id)) {
          given.set(id, answers.get(id));
          edges.push(`from-${id}-${answers.get(id)}`);
          id = this.nodes[id][answers.get(id)];
        } else break;
      }
      return { given, asks: id, passed, edges };
    }

    /* All that may still be asked or built from a node on. */
    ahead(id, found = new Set()) {
      if (!id || found.has(id)) return found;
      found.add(id);
      const { yes, no, next } = this.nodes[id];
      for (const after of [yes, no, next]) this.ahead(after, found);
      return found;
    }

    /* The nearest valid state to what the address says, and what was wrong. */
    parse(query) {
      const notices = [];
      const answers = new Map();
      let ask = null;
      for (const [id, answer] of new URLSearchParams(query)) {
        if (FOREIGN.test(id)) continue;
        if (id === "ask" && this.nodes[answer]?.yes) ask = answer;
        else if (!this.nodes[id]?.yes)
          notices.push(`The link says “${id}”, which is no question here. It is ignored.`);
        else if (!ANSWERS.includes(answer))
          notices.push(`“${answer}” is no answer to “${this.title(id)}” Please answer it.`);
        else if (answers.has(id) && answers.get(id) !== answer) {
          notices.push(`The link answers “${this.title(id)}” with yes and with no. Please answer it.`);
          answers.set(id, null);
        } else if (answers.get(id) !== null) answers.set(id, answer);
      }
      for (const [id, answer] of answers) if (!answer) answers.delete(id);
      const { given, asks } = this.walk(answers);
      const ahead = this.ahead(asks);
      for (const id of answers.keys()) {
        if (given.has(id)) continue;
        if (!ahead.has(id)) {
          notices.push(`With these answers “${this.title(id)}” is not asked. That answer is ignored.`);
          answers.delete(id);
        } else if (!ask)
          notices.push(`The link answers “${this.title(id)}” before its turn. That answer is kept until then.`);
      }
      if (!given.has(ask)) ask = null;
      return { answers, ask, notices };
    }

    address(answers, ask) {
      const query = new URLSearchParams([...answers]);
      if (ask) query.set("ask", ask);
      const text = query.toString();
      return location.pathname + (text && `?${text}`);
    }

    outcome(given) {
      const yes = [...given].filter(([, answer]) => answer === "yes");
      const slug = yes.map(([id]) => id).join("_") || this.none;
      return new URL(`outcomes/${slug}/`, location.origin + location.pathname);
    }

    /* Show what the address says, after a load, Back or Forward. */
    read(moveFocus = false) {
      const { answers, ask, notices } = this.parse(location.search);
      const { asks, given } = this.walk(answers);
      if (!asks && !ask && !notices.length) {
        location.replace(this.outcome(given));
        return;
      }
      const tidy = this.address(answers, ask);
      if (location.search && tidy !== location.pathname + location.search)
        history.replaceState(history.state, "", tidy + location.hash);
      this.show(answers, ask ?? asks, notices);
      if (moveFocus) this.focus();
    }

    go(answers, ask) {
      const { asks, given } = this.walk(answers);
      if (!asks && !ask) {
        location.assign(this.outcome(given));
        return;
      }
      history.pushState(null, "", this.address(answers, ask));
      this.show(answers, ask ?? asks, []);
      this.focus();
    }

    focus() {
      this.place.querySelector("h2")?.focus({ preventScroll: true });
      if (this.place.getBoundingClientRect().top < 0) this.root.scrollIntoView();
    }

    /* Ask `id`, or say where the answers lead if there is nothing to ask. */
    show(answers, id, notices) {
      const before = new Map(answers);
      if (id) before.delete(id);
      const path = this.walk(before);
      const { given } = path;
      this.place.replaceChildren(
        ...notices.map((text) => make("p", { className: "decide__notice", role: "alert", textContent: text })),
        id ? this.form(answers, id, given) : this.arrival(given),
        ...(given.size ? [this.answers(answers, given)] : []),
      );
      this.status.textContent = id
        ? `Question ${given.size + 1}: ${this.title(id)}`
        : "All questions are answered";
      this.map.mark(path);
      this.root.classList.add("decide--ready");
    }

    form(answers, id, given) {
      const source = document.querySelector(`[data-question="${id}"]`).cloneNode(true);
      for (const element of source.querySelectorAll("[id]")) element.removeAttribute("id");
      const part = (name) => source.querySelector(`.question__${name}`);
      const heading = make("h2", { tabIndex: -1, textContent: this.title(id) });
      const choices = [...source.querySelectorAll(".question__answer")].map((element) => {
        const { answer } = element.dataset;
        const list = element.querySelector("ul");
        list.id = `signs-${answer}`;
        const radio = make("input", {
          type: "radio",
          name: "answer",
          value: answer,
          required: true,
          checked: answers.get(id) === answer,
        });
        radio.setAttribute("aria-describedby", list.id);
        const label = make("label", {}, radio, answer === "yes" ? "Yes" : "No");
        return make("div", { className: "decide__choice" }, label, list);
      });
      const fieldset = make(
        "fieldset",
        {},
        make("legend", {}, heading),
        part("ask"),
        make("div", { className: "decide__choices" }, ...choices),
      );
      const form = make(
        "form",
        {},
        make("p", { className: "decide__step", textContent: `Question ${given.size + 1}` }),
        fieldset,
        make("button", { className: "decide__continue", textContent: "Continue" }),
        part("example"),
        source.querySelector("details"),
      );
      const mark = () => {
        for (const choice of choices)
          choice.classList.toggle("decide__choice--chosen", choice.querySelector("input").checked);
      };
      form.addEventListener("change", mark);
      mark();
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const chosen = new Map(answers).set(id, new FormData(form).get("answer"));
        const path = this.walk(chosen);
        const ahead = this.ahead(path.asks);
        for (const key of chosen.keys())
          if (!path.given.has(key) && !ahead.has(key)) chosen.delete(key);
        this.go(chosen);
      });
      return form;
    }

    arrival(given) {
      const link = make("a", { href: this.outcome(given), className: "decide__continue", textContent: "See the outcome" });
      return make(
        "div",
        {},
        make("h2", { tabIndex: -1, textContent: "All questions are answered" }),
        make("p", {}, link),
      );
    }

    answers(answers, given) {
      const items = [...given].map(([id, answer]) => {
        const change = make("a", { href: this.address(answers, id) }, "Change");
        change.append(make("span", { className: "visually-hidden", textContent: ` the answer to ${this.title(id)}` }));
        change.addEventListener("click", (event) => {
          event.preventDefault();
          event.stopPropagation();
          this.go(answers, id);
        });
        return make(
          "li",
          {},
          make("span", { textContent: `${this.title(id)} ` }),
          make("strong", { textContent: answer === "yes" ? "Yes" : "No" }),
          " ",
          change,
        );
      });
      const again = make("a", { href: location.pathname, textContent: "Start over" });
      again.addEventListener("click", (event) => {
        event.preventDefault();
        event.stopPropagation();
        this.go(new Map());
      });
      return make(
        "section",
        { className: "answers" },
        make("h3", { className: "answers__title", textContent: "Your answers" }),
        make("ul", {}, ...items),
        make("p", { className: "answers__again" }, again),
      );
    }
  }

  /* The chart with the path taken. */
  class DecisionMap {
    constructor(place) {
      this.nodes = place.querySelectorAll("[data-node]");
      this.edges = place.querySelectorAll("path[data-id]");
    }

    mark({ passed, edges, asks }) {
      for (const node of this.nodes) {
        const { node: id } = node.dataset;
        node.classList.toggle("taken", passed.includes(id));
        node.classList.toggle("asked", id === asks);
      }
      for (const edge of this.edges)
        edge.classList.toggle("taken", edges.includes(edge.dataset.id));
    }
  }

  /* On the window, because instant navigation runs this again on each visit. */
  const visits = (window.decideVisits ??= { returned: "" });
  if (!visits.guide)
    addEventListener("popstate", () => {
      if (!visits.guide.root.isConnected) return;
      visits.returned = location.href;
      visits.guide.read(true);
    });
  visits.guide = new Guide(document.querySelector(".decide"));
  /* Instant navigation fetches the page again on the first Back. */
  if (visits.returned === location.href) visits.guide.focus();
  visits.returned = "";
}
