"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  let data = { items: [], people: {}, marks: {}, verdicts: {}, words: {}, kinds: {}, decimal: "." };
  let at = 0, names = false, only = null, busy = false, loading = null, open = false;
  let second = null, entries = []; // whose answers are all shown, and these
  let listed = null; // the items of the list, whether with names, and their buttons

  // Everything on this page comes from students: it is only ever set as text, never as markup.
  function el(tag, properties, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties || {})) {
      if (name in made) made[name] = value; else made.setAttribute(name, value);
    }
    made.append(...children.filter(Boolean));
    return made;
  }
  const number = (value) => String(Math.round(value * 100) / 100).replace(".", data.decimal);
  // Filled in one pass: braces in a student's words are only braces.
  const words = (name, values) => data.words[name].replace(/\{(\w+)\}/g, (whole, key) => (values && key in values ? values[key] : whole));
  const who = (id) => (names ? data.people[id].name : data.people[id].alias);
  const settled = (item) => item.submissions.every((id) => item.standing[id].points !== null);
  const current = () => data.items[at];

  function say(text, bad) {
    byId("message").textContent = text;
    byId("message").className = bad ? "bad" : "";
  }

  async function ask(path, body) {
    const options = body === undefined ? {} : {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    };
    let answer;
    try {
      answer = await fetch(path, options);
    } catch {
      throw new Error(data.words.no_answer || "The desk does not answer.");
    }
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      const error = new Error(found.problem || (data.words.refused ? words("refused", { status: answer.status }) : String(answer.status)));
      error.status = answer.status;
      throw error;
    }
    return found;
  }

  // quiet: nobody asked for it, so whoever goes through the page by Tab stays where they are
  async function load(quiet) {
    const keep = current() && current().id;
    data = await ask("api/queue");
    at = Math.max(0, data.items.findIndex((item) => item.id === keep));
    if (!keep) at = Math.max(0, data.items.findIndex((item) => !settled(item)));
    byId("assignment").textContent = data.title;
    document.title = `${byId("desk").textContent}: ${data.title}`;
    draw(quiet);
  }

  function take(found) {
    const known = new Map(data.items.map((item) => [item.id, item]));
    for (const fresh of found.items) {
      const item = known.get(fresh.id);
      if (item) Object.assign(item, { standing: fresh.standing, palette: fresh.palette });
    }
    data.undoable = found.undoable;
    data.problem = found.problem;
  }

  // A second key while the first is on its way would mark what nobody has read: it is dropped.
  async function guarded(act) {
    if (busy) return;
    busy = true;
    try {
      await loading;
      await act();
    } catch (error) {
      if (error.status === 409 || error.status === 400) {
        if (second) entries = await ask(`api/student/${encodeURIComponent(second)}`).catch(() => entries);
        await load().catch(() => {});
      }
      say(error.message, true);
    } finally {
      busy = false;
    }
  }

  const mark = (points, reason) => guarded(async () => {
    const item = current();
    const ids = chosen(item);
    if (!ids.length) return say(words("choose"), true);
    const seen = Object.fromEntries(ids.map((id) => [id, item.standing[id].version]));
    take(await ask("api/mark", { item: item.id, seen, points, reason }));
    const many = ids.length === 1 ? who(ids[0]) : words("students", { n: ids.length });
    const worth = item.max === null ? words("noted") : words("given", { points: number(points), max: number(item.max) });
    say(data.problem || `${many}: ${worth}. ${reason}`, Boolean(data.problem));
    only = null;
    if (settled(item)) next(); else draw();
  });

  const undo = () => guarded(async () => {
    const found = await ask("api/undo", {});
    take(found);
    if (second) entries = await ask(`api/student/${encodeURIComponent(second)}`);
    if (!found.undone.length) return say(words("nothing_to_undo"));
    const [id, topic] = found.undone[0];
    const back = data.items.findIndex((item) => item.topics.includes(topic) && item.submissions.includes(id));
    if (back >= 0) at = back;
    only = null;
    draw();
    const many = found.undone.length === 1 ? who(id) : words("students", { n: found.undone.length });
    say(words("taken_back", { who: many, what: topic }));
  });

  const look = (id) => guarded(async () => {
    entries = await ask(`api/student/${encodeURIComponent(id)}`);
    second = id;
    say("");
    draw();
  });
  function close() { second = null; say(""); draw(); }

  const change = (entry, topic, points, reason) => guarded(async () => {
    const seen = topic === entry.topic ? entry.standing : entry.comment;
    const found = await ask("api/change", { student: second, topic, look: entry.look, version: seen.version, points, reason });
    entries = found.entries;
    take(found);
    say(data.problem || words("changed", { who: who(second), what: entry.title }), Boolean(data.problem));
    draw();
  });

  function next() {
    const order = [...data.items.keys()].map((k) => (at + 1 + k) % data.items.length);
    const waiting = order.find((k) => !settled(data.items[k]));
    if (waiting !== undefined) at = waiting;
    draw();
  }
  function go(step) {
    at = Math.min(data.items.length - 1, Math.max(0, at + step));
    only = null;
    say("");
    draw();
  }

  function chosen(item) {
    return [...document.querySelectorAll(".members input:checked")].map((box) => box.value)
      .filter((id) => item.submissions.includes(id));
  }

  function draw(quiet) {
    const held = document.activeElement, done = data.items.filter(settled).length;
    byId("progress").max = Math.max(1, data.items.length);
    byId("progress").value = done;
    byId("counted").textContent = words("counted", { n: done, all: data.items.length });
    byId("undo").disabled = !data.undoable;
    byId("names").lastChild.textContent = ` ${words(names ? "hide_names" : "show_names")}`;
    drawList();
    const main = byId("item");
    byId("second").value = second || "";
    main.replaceChildren(...(second ? sheet() : data.items.length ? card(current()) : [nothing()]));
    if (open && !second && data.items.length) byId("notebook").open = true;
    if (quiet ? !held.isConnected : !main.contains(document.activeElement)) main.focus({ preventScroll: true });
  }

  function nothing() {
    return el("section", { className: "card empty" }, el("h2", {}, words("nothing")));
  }

  // A class of hundreds: the list and the menu are made anew only when what they show is another.
  function drawList() {
    if (!listed || listed.items !== data.items || listed.names !== names) listRows();
    data.items.forEach((item, k) => {
      const button = listed.buttons[k], done = settled(item), current = String(k === at);
      if (button.getAttribute("aria-current") !== current) button.setAttribute("aria-current", current);
      if (button.classList.contains("done") !== done || !button.firstChild.textContent) {
        button.className = done ? "done" : "";
        button.firstChild.textContent = done ? "✓" : "·";
      }
      const count = counted(item);
      if (button.lastChild.textContent !== count) button.lastChild.textContent = count;
    });
    const here = listed.buttons[at];
    if (here) {
      // Scrolls the list, not the page: what was just said stays in sight.
      const nav = byId("list").parentElement, box = nav.getBoundingClientRect(), own = here.getBoundingClientRect();
      if (own.top < box.top) nav.scrollTop -= box.top - own.top + 40;
      if (own.bottom > box.bottom) nav.scrollTop += own.bottom - box.bottom + 40;
    }
  }

  function listRows() {
    const rows = [], buttons = [];
    data.items.forEach((item, k) => {
      if (!k || data.items[k - 1].kind !== item.kind) {
        rows.push(el("li", { className: "kind" }, data.kinds[item.kind]));
      }
      const one = item.submissions.length === 1 && item.kind !== "flag" && item.kind !== "lookalike";
      const told = item.text || item.said || item.title;
      const what = one ? `${who(item.submissions[0])}: ${told}` : told;
      const button = el("button", { type: "button" }, el("span", { className: "state" }),
        el("span", { className: "what" }, item.kind === "print" ? `${item.title} · ${what}` : what), el("span", { className: "count" }));
      button.addEventListener("click", () => { at = k; only = null; second = null; draw(); });
      rows.push(el("li", {}, button));
      buttons.push(button);
    });
    byId("list").replaceChildren(...rows);
    const people = Object.keys(data.people).sort((a, b) => who(a).localeCompare(who(b), undefined, { numeric: true }));
    const made = people.map((id) => el("option", { value: id }, who(id)));
    byId("second").replaceChildren(el("option", { value: "" }, words("choose_student")), ...made);
    listed = { items: data.items, names, buttons };
  }

  function sheet() {
    const back = el("button", { type: "button" }, el("kbd", {}, "l"), ` ${words("close")}`);
    back.addEventListener("click", close);
    const link = el("a", { href: `report/${encodeURIComponent(second)}`, target: "_blank", rel: "noreferrer" }, words("report"));
    const head = el("section", { className: "card" },
      el("div", { className: "head" }, el("h2", {}, words("second", { who: who(second) })), link, back));
    return [head, ...entries.map(entryCard)];
  }

  function entryCard(entry) {
    const verdict = { verdict: data.verdicts[entry.verdict], points: number(entry.score || 0), max: number(entry.most || 0) };
    const given = entry.standing.points !== null, commented = entry.comment.points !== null;
    const points = el("input", { type: "number", step: "any", required: true, placeholder: words("points"),
      value: given ? String(entry.standing.points) : "" });
    if (entry.most !== null) { points.min = "0"; points.max = String(entry.most); }
    points.setAttribute("aria-label", `${entry.title}: ${words("points")}`);
    const reason = el("input", { type: "text", maxLength: 1000, placeholder: words("look_words") });
    reason.setAttribute("aria-label", `${entry.title}: ${words("reason")}`);
    const button = (name, act) => {
      const made = el("button", { type: "button" }, words(name));
      made.addEventListener("click", act);
      return made;
    };
    const own = el("form", { autocomplete: "off" }, points, reason,
      el("button", { type: "submit" }, words(entry.most === null ? "add" : "change")),
      entry.words && button("comment", () => change(entry, entry.words, 0, reason.value)));
    own.addEventListener("submit", (event) => {
      event.preventDefault();
      change(entry, entry.topic, Number(points.value), reason.value);
    });
    const stands = (name, standing, topic) => el("p", { className: "stands" },
      words(name, { by: standing.by, points: number(standing.points), reason: standing.reason }), " ",
      button("take_back", () => change(entry, topic, null, "")));
    return el("section", { className: "card second" },
      entry.question && el("p", { className: "asked" }, entry.question),
      el("div", { className: "head" }, el("h2", {}, entry.title), entry.verdict && el("span", { className: "points" },
        words(entry.score === null ? "automatic_open" : "automatic", verdict))),
      entry.text && el("pre", { className: "answer-text", tabIndex: 0 }, entry.text),
      entry.said && el("p", { className: "said" }, entry.said),
      given && stands("stands", entry.standing, entry.topic),
      commented && stands("commented", entry.comment, entry.words), own);
  }

  function counted(item) {
    if (item.submissions.length > 1) return `×${item.submissions.length}`;
    const given = item.standing[item.submissions[0]].points;
    return item.max === null || given === null ? "" : number(given);
  }

  function card(item) {
    const worth = item.max === null ? "" : words(item.max === 1 ? "worth_one" : "worth", { points: number(item.max) });
    const seen = el("section", { className: "card" },
      item.kind !== "cause" && asked(item),
      el("div", { className: "head" }, el("h2", {}, item.title), el("span", { className: "points" }, worth)),
      item.text && el(["print", "cause"].includes(item.kind) ? "pre" : "div", { className: "answer-text", tabIndex: 0 }, item.text),
      item.said && el("p", { className: "said" }, item.said),
      item.kind === "cause" && asked(item),
      item.kind === "lookalike" && el("p", {}, el("a", { href: `lookalikes#${item.place}`, target: "_blank", rel: "noreferrer" }, words("side_by_side"))),
      facts(item), matrices(item), members(item));
    withPictures(item, seen);
    return [seen, decide(item), notebook(item)];
  }

  function asked(item) {
    return item.question && el("p", { className: "asked" }, item.question);
  }

  function facts(item) {
    if (!item.facts.length) return null;
    const shown = item.facts.map((fact) => {
      const mark = el("span", { className: `mark ${fact.verdict}`, title: data.verdicts[fact.verdict] },
        data.marks[fact.verdict]);
      return el("li", { title: fact.title }, mark, fact.check);
    });
    return el("ul", { className: "facts", "aria-label": words("facts") }, ...shown);
  }

  function matrices(item) {
    if (!item.actual.length && !item.expected.length) return null;
    const shown = el("div", { className: "matrices", tabIndex: 0 });
    for (const [caption, blocks] of [[words("printed"), item.actual], [words("expected"), item.expected]]) {
      for (const block of blocks) {
        const rows = block.rows.map((row) => el("tr", {}, ...row.map((entry) => {
          const kind = entry.agrees === null ? "" : entry.agrees ? "ok" : `off${entry.off}`;
          return el("td", { className: kind }, entry.text);
        })));
        shown.append(el("table", { className: "matrix" },
          el("caption", {}, `${caption} ${block.title}`), el("tbody", {}, ...rows)));
      }
    }
    return shown;
  }

  function members(item) {
    const shown = item.submissions.map((id) => {
      const box = el("input", { type: "checkbox", value: id, checked: only === null || only === id });
      const now = item.standing[id];
      const given = now.points === null ? null : el("span", { className: "given" },
        `✓ ${item.max === null ? now.by : words(now.points === 1 ? "by_one" : "by", { points: number(now.points), by: now.by })}`);
      const link = el("a", { href: `report/${encodeURIComponent(id)}`, target: "_blank", rel: "noreferrer" }, words("report"));
      return el("li", {}, el("label", {}, box, el("bdi", {}, who(id))), " ", given, given ? " " : null, link);
    });
    return el("ul", { className: "members", "aria-label": words("members") }, ...shown);
  }

  function decide(item) {
    const standing = item.standing[item.submissions[0]];
    const buttons = item.palette.map((reason, k) => {
      const given = settled(item) && standing.reason === reason.text && standing.points === reason.points;
      const button = el("button", { type: "button", className: given ? "chosen" : "" },
        el("kbd", {}, String(k + 1)),
        el("span", { className: "worth" }, item.max === null ? "" : number(reason.points)),
        el("span", {}, reason.text));
      button.addEventListener("click", () => mark(reason.points, reason.text));
      return el("li", {}, button);
    });
    const points = el("input", { type: "number", id: "points", min: "0", max: String(item.max), step: "any", required: true,
      placeholder: words("points") });
    points.setAttribute("aria-label", words("points"));
    const reason = el("input", { type: "text", id: "reason", required: true, maxLength: 1000,
      placeholder: item.max === null ? words("own_note") : words("own_reason") });
    reason.setAttribute("aria-label", words("reason"));
    const own = el("form", { id: "own", autocomplete: "off" }, el("kbd", {}, "e"),
      item.max === null ? null : points, reason, el("button", { type: "submit" }, words("mark")));
    own.addEventListener("submit", (event) => {
      event.preventDefault();
      mark(item.max === null ? 0 : Number(points.value), reason.value);
    });
    return el("section", { className: "card" },
      el("ol", { className: item.max === null ? "palette notes" : "palette", "aria-label": words("reasons") }, ...buttons), own);
  }

  function notebook(item) {
    const made = el("details", { id: "notebook", className: "card" },
      el("summary", {}, el("kbd", {}, "n"), ` ${words("notebook", { who: who(item.submissions[0]) })}`),
      el("div", { className: "notebook", tabIndex: 0 }));
    made.addEventListener("toggle", () => { open = made.open; if (open) fill(item, made); });
    return made;
  }

  function pictures(cell) {
    return cell.outputs.filter((output) => output.image).map((output, k) =>
      el("img", { src: `data:image/png;base64,${output.image}`, alt: words("picture", { n: k + 1, cell: cell.index + 1 }) }));
  }

  async function withPictures(item, seen) {
    if (!item.cells.length) return;
    try {
      const cells = await ask(`api/notebook/${encodeURIComponent(item.submissions[0])}`);
      const shown = cells.filter((cell) => item.cells.includes(cell.index)).flatMap(pictures);
      seen.querySelector(".answer-text")?.after(...shown);
    } catch (error) {
      say(error.message, true);
    }
  }

  async function fill(item, made) {
    const place = made.querySelector(".notebook");
    if (place.childElementCount) return;
    let cells;
    try {
      cells = await ask(`api/notebook/${encodeURIComponent(item.submissions[0])}`);
    } catch (error) {
      return say(error.message, true);
    }
    if (!cells.length) place.replaceChildren(el("p", { className: "note" }, words("no_notebook")));
    for (const cell of cells) {
      const here = cell.index === item.cell;
      place.append(el("section", { className: here ? "here" : "" },
        el("h3", {}, words("cell", { n: cell.index + 1 })),
        el("pre", { className: cell.kind === "code" ? "" : "words", tabIndex: 0 }, cell.source),
        ...cell.outputs.map((output) => el("pre", { className: `printed ${output.kind}`, tabIndex: 0 }, output.text)),
        ...pictures(cell)));
    }
    const here = place.querySelector(".here");
    if (here) place.scrollTop = here.getBoundingClientRect().top - place.getBoundingClientRect().top;
  }

  function key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input:not([type=checkbox]), select");
    if (event.key === "Escape" && typing) return byId("item").focus();
    if (typing || !byId("use").checked) return;
    if (event.key.startsWith("Arrow") && event.target.closest("pre, .notebook, .answer-text, .matrices")) return; // scrolls
    const item = current();
    const acts = {
      l: () => { if (second) close(); else if (item) look(item.submissions[0]); },
      h: () => { names = !names; draw(); }, u: undo,
      "?": () => { const keys = byId("keys"); keys.hidden = !keys.hidden; byId("help").setAttribute("aria-expanded", String(!keys.hidden)); },
    };
    if (item && !second) {
      Object.assign(acts, {
        j: () => go(1), ArrowDown: () => go(1), k: () => go(-1), ArrowUp: () => go(-1),
        e: () => (byId("points") || byId("reason")).focus(),
        n: () => {
          const made = byId("notebook");
          made.open = !made.open;
          if (made.open) made.scrollIntoView({ block: "start" });
        },
        o: () => document.querySelector("#item a").click(),
        s: () => { only = only === null ? item.submissions[0] : null; draw(); },
      });
      const reason = /^[1-9]$/.test(event.key) && item.palette[Number(event.key) - 1];
      if (reason) acts[event.key] = () => mark(reason.points, reason.text);
    }
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  document.addEventListener("keydown", key);
  byId("names").addEventListener("click", () => { names = !names; draw(); });
  byId("second").addEventListener("change", (event) => { if (event.target.value) look(event.target.value); else close(); });
  byId("undo").addEventListener("click", undo);
  byId("help").addEventListener("click", () => {
    const keys = byId("keys");
    keys.hidden = !keys.hidden;
    byId("help").setAttribute("aria-expanded", String(!keys.hidden));
  });
  window.addEventListener("focus", () => { // what others marked meanwhile
    const typed = ["points", "reason"].some((id) => byId(id) && byId(id).value);
    if (!typed && !second && !busy && !loading) loading = load(true).catch(() => {}).finally(() => { loading = null; });
  });
  load().then(() => {
    const asked = decodeURIComponent(location.hash.slice(1)); // a link to one student's answers
    if (asked in data.people) return look(asked);
  }).catch((error) => say(error.message, true));
})();
