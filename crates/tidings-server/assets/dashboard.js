// What scripts add to the dashboard: fresh figures while it is looked at, copying, dropping files, examples, a key to search.
(() => {
  "use strict";

  // Figures: the server says that something has changed, and the page asks for its own part again. Never while hidden.
  let source = null;
  let waiting = false;

  const refresh = () => {
    const part = document.getElementById("live");
    // What somebody has opened or writes in stays as it is.
    const beside = part && part.getAttribute("hx-select-oob");
    const parts = [...document.querySelectorAll(beside ? `#live,${beside}` : "#live")];
    const busy = parts.some((part) => part.contains(document.activeElement) || part.querySelector("details[open]"));
    if (part && !busy && !document.hidden && window.htmx) {
      window.htmx.trigger(document.body, "refresh");
    }
  };

  const listen = () => {
    if (source || document.hidden || !document.getElementById("live")) return;
    source = new EventSource("/dashboard/live");
    source.addEventListener("changed", () => {
      if (waiting) return;
      waiting = true;
      setTimeout(() => { waiting = false; refresh(); }, 300);
    });
  };

  const hush = () => {
    if (source) source.close();
    source = null;
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { hush(); } else { refresh(); listen(); }
  });
  window.addEventListener("pagehide", hush);

  // Instants: the date and time of the reader's own clock, beside that of the server.
  const localise = (root) => {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      if (!time.title.includes(";")) time.title += "; here " + at.toLocaleString();
    }
  };

  // Copying, also what a refresh has brought.
  const copying = () => {
    if (!navigator.clipboard) return;
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = document.getElementById(button.dataset.copy).textContent;
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  const addresses = () => {
    for (const path of document.querySelectorAll("[data-absolute]")) {
      path.textContent = location.origin + path.textContent;
    }
  };

  // Dropping a file.
  const dropping = () => {
    for (const place of document.querySelectorAll(".drop")) {
      const input = place.querySelector("input[type=file]");
      for (const name of ["dragover", "dragenter"]) {
        place.addEventListener(name, (event) => { event.preventDefault(); place.classList.add("over"); });
      }
      place.addEventListener("dragleave", () => place.classList.remove("over"));
      place.addEventListener("drop", (event) => {
        event.preventDefault();
        place.classList.remove("over");
        if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
      });
    }
  };

  // Another push type shows its example, unless somebody has written something of their own.
  document.addEventListener("input", (event) => {
    const choice = event.target.closest("[data-examples]");
    if (!choice) return;
    const text = document.getElementById(choice.dataset.examples);
    const examples = [...choice.options].map((option) => option.dataset.example);
    if (examples.includes(text.value)) text.value = choice.selectedOptions[0].dataset.example;
  });

  // "/" goes to the search, as in many places.
  document.addEventListener("keydown", (event) => {
    const inField = event.target.closest("input, textarea, select");
    const find = document.querySelector("[data-find]");
    if (event.key === "/" && !inField && find) {
      event.preventDefault();
      find.focus();
      find.select();
    }
  });

  // Where the pages stand side by side, the one that is looked at is to be seen.
  const here = document.querySelector("nav a[aria-current]");
  if (here) here.scrollIntoView({ block: "nearest", inline: "center" });

  document.addEventListener("htmx:afterSwap", () => { localise(document); copying(); });
  localise(document);
  copying();
  addresses();
  dropping();
  listen();
})();
