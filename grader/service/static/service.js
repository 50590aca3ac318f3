"use strict";
(() => {
  const text = (name) => document.body.dataset[name];

  // Times stand in the course's zone; who is elsewhere also reads their own.
  function localTimes(within) {
    const zone = document.body.dataset.zone;
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    for (const time of within.querySelectorAll("time[datetime]:not([data-done])")) {
      time.dataset.done = "";
      const moment = new Date(time.dateTime);
      const clock = (timeZone) => moment.toLocaleString("sv", timeZone ? { timeZone } : {});
      let differs = false;
      try { differs = own && clock(zone) !== clock(); } catch { /* a zone that this browser does not know */ }
      if (!differs) continue;
      const said = moment.toLocaleString(document.documentElement.lang, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
      const shown = document.createElement("span");
      shown.className = "local";
      shown.textContent = ` (${said} ${text("yourTime")})`;
      time.after(shown);
    }
  }

  function copies() {
    for (const button of document.querySelectorAll("[data-copy]")) {
      if (!navigator.clipboard) continue;
      button.hidden = false;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(button.dataset.copy);
        button.textContent = `✓ ${button.textContent.replace(/^✓ /, "")}`;
      });
    }
  }

  function prints() {
    for (const button of document.querySelectorAll("[data-print]")) {
      button.hidden = false;
      button.addEventListener("click", () => print());
    }
  }

  // What may change while one looks is fetched again and put in place of what stands there.
  let wait = 700;
  async function refresh() {
    const parts = [...document.querySelectorAll("[data-live=yes]")];
    if (!parts.length) return;
    if (!document.hidden) {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
        if (!answer.ok) throw new Error(String(answer.status));
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        lost(false);
        for (const part of parts) {
          const now = fresh.getElementById(part.id);
          if (!now || part.contains(document.activeElement) && part.querySelector("input:focus, textarea:focus, select:focus")) continue;
          if (part.innerHTML !== now.innerHTML) {
            const adopted = document.importNode(now, true);
            part.replaceWith(adopted);
          }
        }
        localTimes(document);
      } catch {
        lost(true);
      }
    }
    wait = Math.min(wait * 1.25, Number(document.body.dataset.slowest || 5000));
    setTimeout(refresh, wait);
  }
  function lost(yes) {
    let note = document.querySelector(".lost");
    if (!yes) { if (note) note.remove(); return; }
    if (note) return;
    note = document.createElement("p");
    note.className = "notice bad lost";
    note.setAttribute("role", "status");
    note.textContent = text("lost");
    document.getElementById("main").prepend(note);
  }

  function upload(form) {
    const input = form.querySelector("input[type=file]"), drop = form.querySelector(".drop");
    const list = form.querySelector(".chosen"), bar = form.querySelector("progress");
    const status = form.querySelector(".status"), button = form.querySelector("button");
    const say = (words, bad) => { status.textContent = words; status.className = bad ? "status bad" : "status"; };
    const tooLarge = () => [...input.files].reduce((sum, file) => sum + file.size, 0) > Number(form.dataset.most);
    function show() {
      list.replaceChildren(...[...input.files].map((file) => {
        const item = document.createElement("li");
        item.textContent = `${file.name} · ${Math.max(1, Math.round(file.size / 1000))} kB`;
        return item;
      }));
      list.hidden = !input.files.length;
      say(tooLarge() ? form.dataset.large : "", tooLarge());
    }
    input.addEventListener("change", show);
    for (const name of ["dragenter", "dragover"]) {
      drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
    }
    for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; show(); }
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (tooLarge()) return say(form.dataset.large, true);
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.upload.addEventListener("progress", (e) => {
        if (!e.lengthComputable) return;
        bar.value = e.loaded / e.total;
        const told = `${form.dataset.sending} ${10 * Math.floor(10 * bar.value)} %`;
        if (status.textContent !== told) say(told);  // read aloud by some: not at every packet
      });
      // who leaves the page now would think that it was handed in
      const stay = (e) => { e.preventDefault(); e.returnValue = form.dataset.leave; };
      window.addEventListener("beforeunload", stay);
      request.addEventListener("loadend", () => window.removeEventListener("beforeunload", stay));
      const broke = () => { button.disabled = false; bar.hidden = true; say(form.dataset.failed, true); };
      request.addEventListener("error", broke);
      request.addEventListener("timeout", broke);
      request.addEventListener("load", () => {
        window.removeEventListener("beforeunload", stay);
        if (request.status < 400) { location.href = request.responseURL; return; }
        const fresh = new DOMParser().parseFromString(request.responseText, "text/html");
        const told = fresh.querySelector("[role=alert]") || fresh.querySelector("main .card p");
        button.disabled = false;
        bar.hidden = true;
        say(told ? told.textContent : String(request.status), true);
      });
      button.disabled = true;
      bar.hidden = false;
      bar.value = 0;
      say(form.dataset.sending);
      request.send(new FormData(form));
    });
  }

  // A double click would send a form twice, and show what came of the second: "nothing was given out".
  function once() {
    document.addEventListener("submit", (event) => {
      const form = event.target;
      if (form.matches(".upload")) return;
      if (form.dataset.sent) return event.preventDefault();
      form.dataset.sent = "yes";
      setTimeout(() => delete form.dataset.sent, 3000);
    });
  }

  localTimes(document);
  once();
  copies();
  prints();
  document.querySelectorAll("form.upload").forEach(upload);
  setTimeout(refresh, wait);
})();
