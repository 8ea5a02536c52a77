// The script of the page: live updates that keep typed text, the message box, dialogs, type-ahead, the inspector.
"use strict";

(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const me = document.body.dataset.me;
  const here = document.body.dataset.channel;

  // ---- Live updates -------------------------------------------------------------------------------------------------

  // sync updates a list whose children have an id, and their version in data-v. Children of the same version stay in the
  // document, which keeps focus, scroll position and typed text. The server sends empty stubs for versions it has sent before.
  function sync(list, fragment) {
    const wanted = [...fragment.children];
    const ids = new Set(wanted.map((el) => el.id));
    for (const old of [...list.children]) {
      if (!ids.has(old.id)) remove(old);
    }
    const fresh = [];
    let at = list.firstElementChild;
    for (const next of wanted) {
      const old = document.getElementById(next.id);
      if (old && old.dataset.v === next.dataset.v) {
        if (old !== at) list.insertBefore(old, at);
        at = old.nextElementSibling;
      } else if (old) {
        replace(old, next);
        fresh.push([next, old]);
        at = document.getElementById(next.id).nextElementSibling;
      } else {
        list.insertBefore(next, at);
        fresh.push([next, null]);
      }
    }
    return fresh;
  }

  function remove(el) {
    if (el.tagName === "DIALOG") closeQuietly(el);
    el.remove();
  }

  // replace replaces an element and moves the controls that are still the same into the new one.
  function replace(old, next) {
    const active = document.activeElement;
    const focused = old.contains(active) ? active.id : "";
    const range = focused && "selectionStart" in active ? [active.selectionStart, active.selectionEnd] : null;
    const scrolled = $(".body", old)?.scrollTop;
    if (old.tagName === "DIALOG") {
      morphDialog(old, next);
    } else {
      keepControls(old, next);
      old.replaceWith(next);
    }
    const home = document.getElementById(old.id);
    if (scrolled) $(".body", home).scrollTop = scrolled;
    if (!focused) return;
    const again = document.getElementById(focused);
    if (!again || again === document.activeElement) return;
    again.focus({ preventScroll: true });
    if (range && range[0] !== null) try { again.setSelectionRange(...range); } catch { /* not a text field */ }
  }

  // morphDialog updates an open dialog in place. The dialog and the input blocks whose control is still the same are never
  // removed from the document, so typing, an open list and the focus aren't interrupted.
  function morphDialog(old, next) {
    for (const name of ["data-v", "data-view"]) old.setAttribute(name, next.getAttribute(name));
    for (const part of ["header", "footer"]) {
      const a = $(part, old);
      const b = $(part, next);
      if (!a.isEqualNode(b)) a.replaceWith(b);
    }
    morphBody($(".body", old), $(".body", next));
  }

  function morphBody(body, next) {
    const wanted = [...next.children].map((block) => [block, sameInput(body, block)]);
    const kept = new Set(wanted.map(([, same]) => same));
    keepControls(body, next);
    for (const block of [...body.children]) if (!kept.has(block)) block.remove();
    let at = body.firstElementChild;
    for (const [block, same] of wanted) {
      if (!same) { body.insertBefore(block, at); continue; }
      updateAroundControl(same, block);
      if (same !== at) body.insertBefore(same, at);
      at = same.nextElementSibling;
    }
  }

  const controlOf = (block) => $(":scope > [data-keep]", block);

  function sameInput(body, block) {
    const old = block.id && $(":scope > #" + CSS.escape(block.id), body);
    const same = old && controlOf(old) && controlOf(block)?.dataset.keep === controlOf(old).dataset.keep;
    return same ? old : null;
  }

  // updateAroundControl replaces everything in an input block but its control.
  function updateAroundControl(old, next) {
    const control = controlOf(old);
    const fresh = controlOf(next);
    copyState(fresh, control);
    copyDescription(next, old); // of a group of radio buttons
    old.className = next.className;
    for (const el of [...old.children]) if (el !== control) el.remove();
    let above = true;
    for (const el of [...next.children]) {
      if (el === fresh) above = false;
      else old.insertBefore(el, above ? control : null);
    }
  }

  function keepControls(old, next) {
    for (const control of $$("[data-keep]", next)) {
      if (control.parentElement.matches(".body > .input")) continue; // morphBody has kept it
      const before = $("#" + CSS.escape(control.id), old);
      if (!before || before.dataset.keep !== control.dataset.keep) continue;
      copyState(control, before);
      control.replaceWith(before);
    }
  }

  function copyState(from, to) {
    const a = $("[id$='-field']", from);
    const b = $("[id$='-field']", to);
    if (a && b) copyDescription(a, b);
  }

  function copyDescription(a, b) {
    for (const name of ["aria-invalid", "aria-describedby"]) {
      if (a.hasAttribute(name)) b.setAttribute(name, a.getAttribute(name));
      else b.removeAttribute(name);
    }
  }

  // patch adds new lines at the top. A stream that reconnects repeats lines that are there already.
  function patch(list, fragment) {
    const lines = [...fragment.children];
    const restarted = lines.some((next) => (document.getElementById(next.id)?.dataset.v ?? next.dataset.v) !== next.dataset.v);
    if (restarted) list.replaceChildren(); // a new workspace numbers its lines from 1 again
    const first = list.firstElementChild;
    for (const next of lines) {
      if (!document.getElementById(next.id)) list.insertBefore(next, first);
    }
    while (list.children.length > 500) list.lastElementChild.remove();
  }

  htmx.defineExtension("keep", {
    isInlineSwap: (style) => style === "sync" || style === "patch",
    handleSwap: (style, target, fragment) => {
      if (style === "patch") {
        patch(target, fragment);
        filterTraffic();
        return true;
      }
      if (style !== "sync") return false;
      const wasAtBottom = atBottom();
      const fresh = sync(target, fragment);
      for (const [el, old] of fresh) htmx.process(el.isConnected ? el : old);
      if (target.id === "messages") showNewMessages(fresh, wasAtBottom);
      if (target.id === "views") { showStack(); focusInvalid(fresh); }
      return true;
    },
  });

  document.addEventListener("htmx:sseOpen", () => { $("#offline").hidden = true; });
  document.addEventListener("htmx:sseError", () => { $("#offline").hidden = false; });
  for (const broken of ["htmx:sendError", "htmx:responseError"]) {
    document.addEventListener(broken, () => showNotice("The local workspace does not answer. Is it still running?"));
  }

  function showNotice(text) {
    const place = $("dialog.view[open] .notice") || $("#notice");
    const p = document.createElement("p");
    p.textContent = text;
    place.replaceChildren(p);
  }

  // ---- Messages -----------------------------------------------------------------------------------------------------

  const stream = $("#stream");
  const atBottom = () => stream.scrollHeight - stream.scrollTop - stream.clientHeight < 80;
  const toBottom = () => { stream.scrollTop = stream.scrollHeight; $("#newer").hidden = true; };

  function showNewMessages(fresh, wasAtBottom) {
    const added = fresh.filter(([el, old]) => !old && el.dataset.ts).map(([el]) => el);
    if (wasAtBottom) toBottom();
    else if (added.length) $("#newer").hidden = false;
    for (const el of added.slice(-3)) {
      el.classList.add("arrived");
      announce(`${$(".author", el)?.textContent || ""}${el.hasAttribute("data-private") ? ", only to you" : ""}: ` +
        $(".blocks", el).innerText.slice(0, 600));
    }
  }

  function announce(text) {
    const p = document.createElement("p");
    p.textContent = text;
    $("#announce").append(p);
    setTimeout(() => p.remove(), 10000);
  }

  $("#newer button").addEventListener("click", toBottom);
  stream.addEventListener("scroll", () => { if (atBottom()) $("#newer").hidden = true; });
  const grown = new ResizeObserver(() => { if (stickNext) toBottom(); });
  for (const below of ["#composer", "#notice"]) grown.observe($(below));
  let stickNext = true;
  stream.addEventListener("scroll", () => { stickNext = atBottom(); });
  toBottom();
  const linked = location.hash && document.getElementById(location.hash.slice(1));
  if (linked) { linked.scrollIntoView({ block: "center" }); stickNext = false; }

  // ---- The message box ----------------------------------------------------------------------------------------------

  const box = $("#box");
  const completion = $("#completion");
  const commands = $$("#commands [role=option]");
  let chosen = -1;
  const visibleCommands = () => commands.filter((c) => !c.hidden);

  function complete() {
    const typed = box.value;
    const word = typed.split(/\s/, 1)[0].toLowerCase();
    const open = typed.startsWith("/") && !/\s/.test(typed);
    for (const c of commands) c.hidden = !c.dataset.command.startsWith(word);
    const list = open ? visibleCommands() : [];
    completion.hidden = list.length === 0;
    box.setAttribute("aria-expanded", String(list.length > 0));
    mark(list.length ? 0 : -1);
  }

  function mark(i) {
    chosen = i;
    const list = visibleCommands();
    commands.forEach((c) => c.setAttribute("aria-selected", String(c === list[i])));
    if (list[i] && !completion.hidden) {
      box.setAttribute("aria-activedescendant", list[i].id);
      list[i].scrollIntoView({ block: "nearest" });
    } else {
      box.removeAttribute("aria-activedescendant");
    }
  }

  function take(option) {
    fillBox(option.dataset.command + " ");
  }

  function fillBox(text) {
    box.value = text;
    grow();
    complete();
    box.focus();
    box.setSelectionRange(text.length, text.length);
  }

  const grow = () => {
    box.rows = Math.min(8, box.value.split("\n").length);
  };

  box.addEventListener("input", () => { grow(); complete(); });
  box.addEventListener("blur", () => { completion.hidden = true; box.setAttribute("aria-expanded", "false"); });
  box.addEventListener("focus", complete);
  box.addEventListener("keydown", (e) => {
    if (e.isComposing) return;
    const list = visibleCommands();
    const open = !completion.hidden && list.length > 0;
    if (open && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
      e.preventDefault();
      mark((chosen + (e.key === "ArrowDown" ? 1 : list.length - 1)) % list.length);
    } else if (open && e.key === "Tab" && !e.shiftKey) {
      e.preventDefault();
      take(list[Math.max(0, chosen)]);
    } else if (open && e.key === "Escape") {
      completion.hidden = true;
      box.setAttribute("aria-expanded", "false");
      box.removeAttribute("aria-activedescendant");
    } else if (e.key === "Enter" && !e.shiftKey) {
      e.preventDefault();
      if (open && list[chosen] && list[chosen].dataset.command !== box.value) take(list[chosen]);
      else send();
    }
  });
  // On-screen keyboards may insert a line break although the key was handled above.
  let shifted = false;
  box.addEventListener("keydown", (e) => { shifted = e.shiftKey; });
  box.addEventListener("beforeinput", (e) => { if (e.inputType === "insertLineBreak" && !shifted) e.preventDefault(); });
  for (const c of commands) c.addEventListener("mousedown", (e) => { e.preventDefault(); take(c); });
  $("#composer").addEventListener("submit", (e) => { e.preventDefault(); send(); });

  async function send() {
    const text = box.value;
    if (!text.trim()) return;
    fillBox("");
    toBottom();
    $("#notice").replaceChildren();
    try {
      const body = new URLSearchParams({ as: me, channel: here, text });
      const answer = await fetch("/say", { method: "POST", body });
      if (!answer.ok) throw new Error(answer.statusText);
      $("#notice").innerHTML = await answer.text();
    } catch {
      if (!box.value) fillBox(text);
      showNotice("That was not sent: the local workspace does not answer.");
    }
  }

  // ---- Modals -------------------------------------------------------------------------------------------------------

  // showStack shows the top of the stack only. The modals below it keep what was typed into them.
  let shown = false;
  function showStack() {
    const stack = $$("#views > dialog");
    const top = stack.at(-1);
    for (const d of stack) if (d !== top && d.open) closeQuietly(d);
    if (top && !top.open) {
      top.showModal();
      focusFirst(top);
    }
    if (!top && shown) focusBox();
    shown = Boolean(top);
  }

  // When the last dialog closes, the browser restores the focus while the page is still inert. The box then has no caret, and
  // typed text is lost; focusing it again helps.
  function focusBox() {
    if (document.activeElement === box) box.blur();
    if (document.activeElement === document.body && !matchMedia("(pointer: coarse)").matches) box.focus();
  }

  // focusInvalid focuses the first invalid field after a submit, unless the person has typed in the meantime.
  function focusInvalid(fresh) {
    for (const dialog of fresh.map(([el, old]) => old || el)) {
      const invalid = dialog.dataset?.submitted && ($("[aria-invalid=true]", dialog) || $(".wrong input:not([type=hidden])", dialog));
      if (!invalid) continue;
      delete dialog.dataset.submitted;
      invalid.focus({ preventScroll: true });
      (invalid.closest(".input") || invalid).scrollIntoView({ block: "center" });
    }
  }

  document.addEventListener("input", (e) => {
    const dialog = e.target.closest?.("dialog.view");
    if (dialog) delete dialog.dataset.submitted;
  });

  function focusFirst(dialog) {
    const field = $("[autofocus]", dialog) ||
      $(".body input:not([type=hidden]), .body select, .body textarea", dialog) || $("h2", dialog);
    field?.focus();
  }

  function closeQuietly(dialog) {
    dialog.dataset.quiet = "1";
    if (dialog.open) dialog.close();
    else delete dialog.dataset.quiet;
  }

  // Escape closes a dialog in the browser; the workspace must know too.
  document.addEventListener("close", (e) => {
    const d = e.target;
    if (!d.matches?.("dialog.view")) return;
    if (d.dataset.quiet) { delete d.dataset.quiet; return; }
    if (d.isConnected) $("[data-close]", d).click();
  }, true);
  document.addEventListener("cancel", (e) => {
    const list = $("[role=listbox]:not([hidden])", e.target);
    if (list) { e.preventDefault(); hideList(list.closest("[data-search]")); }
  }, true);

  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (!form.matches("dialog.view form")) return;
    if (form.dataset.sending) { e.preventDefault(); e.stopImmediatePropagation(); return; }
    form.dataset.sending = "1";
    form.closest("dialog").dataset.submitted = "1";
    $(".submit", form)?.setAttribute("aria-busy", "true");
  }, true);
  document.addEventListener("submit", (e) => { if (e.target.hasAttribute("data-still") && e.target.matches("form")) e.preventDefault(); });
  document.addEventListener("htmx:afterRequest", (e) => {
    const form = e.detail.elt;
    if (!form.matches?.("dialog.view form")) return;
    delete form.dataset.sending;
    $(".submit", form)?.removeAttribute("aria-busy");
  });
  document.addEventListener("keydown", (e) => {
    const field = e.target;
    if (e.key !== "Enter" || e.isComposing) return;
    if (field.hasAttribute?.("data-enter") && !e.shiftKey) {
      e.preventDefault();
      htmx.trigger(field, "act");
    } else if ((e.ctrlKey || e.metaKey) && field.closest?.("dialog.view form")) {
      field.closest("form").requestSubmit();
    }
  });

  // An element with a confirmation dialog shows it before the request.
  let asking = null;
  document.addEventListener("htmx:confirm", (e) => {
    const source = e.detail.elt.closest("[data-confirm]");
    if (!source) return;
    e.preventDefault();
    const q = JSON.parse(source.dataset.confirm);
    $("#question-title").textContent = q.title;
    $("#question-text").innerHTML = q.html; // rendered and escaped by the server
    $("#question-no").textContent = q.deny;
    $("#question-yes").textContent = q.confirm;
    $("#question-yes").className = "button " + (q.style === "danger" ? "danger" : "primary");
    asking = { go: () => e.detail.issueRequest(true), back: document.activeElement, source };
    const d = $("#question");
    d.returnValue = "no";
    d.showModal();
  });
  $("#question").addEventListener("close", (e) => {
    const { go, source } = asking || {};
    asking = null;
    if (e.target.returnValue === "yes") go?.();
    else source?.closest("form")?.matches(".blocks") && undo(source);
  });

  function undo(source) {
    if (source.tagName === "SELECT") source.value = [...source.options].find((o) => o.defaultSelected)?.value ?? "";
    for (const input of $$("input[type=radio], input[type=checkbox]", source)) input.checked = input.defaultChecked;
  }

  // Buttons with a link, and menus, which close after a choice.
  document.addEventListener("click", (e) => {
    const button = e.target.closest?.("button");
    if (button?.dataset.url) window.open(button.dataset.url, "_blank", "noopener,noreferrer");
    for (const menu of $$("details.menu[open]")) if (!menu.contains(e.target) || button) menu.open = false;
    if (button?.dataset.fill) fillBox(button.dataset.fill);
    if (button?.dataset.fold || e.target.dataset?.fold) fold();
    if (button?.matches(".dismiss")) button.closest(".message").hidden = true;
    if (button?.dataset.panel) togglePanel(button.dataset.panel);
    if (button?.id === "inspect") togglePanel("inspector");
    if (button?.id === "show-outbox") togglePanel("outbox");
  });

  // ---- Type-ahead ---------------------------------------------------------------------------------------------------

  const searches = new WeakMap(); // element -> {timer, abort, text}
  const partsOf = (root) => ({
    input: $("[role=combobox]", root), list: $("[role=listbox]", root), hidden: $(".chosen input[type=hidden]", root),
  });
  const stateOf = (root) => {
    if (!searches.has(root)) searches.set(root, { text: partsOf(root).input.value });
    return searches.get(root);
  };

  function search(root, wait) {
    const state = stateOf(root);
    const { input, list } = partsOf(root);
    clearTimeout(state.timer);
    state.abort?.abort();
    const typed = input.value;
    const least = Number(root.dataset.min);
    if (typed.trim().length < least) {
      showList(root, `<li class="none">Type ${least === 1 ? "a character" : `at least ${least} characters`} to search</li>`);
      return;
    }
    root.classList.add("busy");
    if (list.hidden) showList(root, '<li class="none">Searching…</li>');
    state.timer = setTimeout(async () => {
      const abort = state.abort = new AbortController();
      const form = root.closest("form");
      const body = new URLSearchParams({ as: me, block: root.dataset.block, action: root.dataset.action, typed });
      for (const name of ["view", "channel", "ts"]) if (form.elements[name]) body.set(name, form.elements[name].value);
      try {
        const answer = await fetch("/suggest", { method: "POST", body, signal: abort.signal });
        const html = answer.ok ? await answer.text() : '<li class="none">Could not be loaded</li>';
        if (document.activeElement === input) showList(root, html);
      } catch (err) {
        if (err.name === "AbortError") return;
        showList(root, '<li class="none">Could not be loaded</li>');
      } finally {
        if (state.abort === abort) root.classList.remove("busy");
      }
    }, wait);
  }

  function showList(root, html) {
    const { input, list } = partsOf(root);
    list.innerHTML = html;
    $$("[role=option]", list).forEach((o, i) => { o.id = `${list.id}-${i}`; });
    list.hidden = false;
    const bounds = (root.closest(".modal .body, .stream") || document.body).getBoundingClientRect();
    const at = input.getBoundingClientRect();
    root.classList.toggle("up", bounds.bottom - at.bottom < list.offsetHeight + 10 && at.top - bounds.top > list.offsetHeight);
    input.setAttribute("aria-expanded", "true");
    highlight(root, 0);
    list.scrollTop = 0;
    const n = $$("[role=option]", list).length;
    announce(n ? `${n} ${n === 1 ? "choice" : "choices"}` : list.textContent);
  }

  function hideList(root) {
    if (!root) return;
    const { input, list } = partsOf(root);
    const state = stateOf(root);
    clearTimeout(state.timer);
    state.abort?.abort();
    root.classList.remove("busy");
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function highlight(root, i) {
    const { input, list } = partsOf(root);
    const options = $$("[role=option]", list);
    const on = options[(i + options.length) % options.length];
    options.forEach((o) => o.setAttribute("aria-selected", String(o === on)));
    if (!on) { input.removeAttribute("aria-activedescendant"); return; }
    input.setAttribute("aria-activedescendant", on.id);
    on.scrollIntoView({ block: "nearest" });
  }

  function choose(root, option) {
    const { input, hidden } = partsOf(root);
    const text = $("span", option).textContent;
    if (root.hasAttribute("data-multiple")) {
      addToken(root, text, option.dataset.value);
      input.value = "";
    } else {
      hidden.value = option.dataset.value;
      input.value = text;
    }
    stateOf(root).text = input.value;
    hideList(root);
    htmx.trigger(root, "chosen");
  }

  function addToken(root, text, value) {
    const field = root.dataset.field;
    if ($$(`input[name="${CSS.escape(field)}"]`, root).some((i) => i.value === value)) return;
    const token = document.createElement("button");
    token.type = "button";
    token.className = "token";
    token.dataset.drop = "";
    token.append(text + " ×");
    const input = Object.assign(document.createElement("input"), { type: "hidden", name: field, value });
    token.append(input);
    $(".chosen", root).append(token);
  }

  function clearChoice(root) {
    const { input, hidden } = partsOf(root);
    const had = hidden?.value;
    if (hidden && !root.hasAttribute("data-multiple")) hidden.value = "";
    input.value = "";
    stateOf(root).text = "";
    if (had) htmx.trigger(root, "chosen");
  }

  document.addEventListener("focusin", (e) => {
    const root = e.target.closest?.("[data-search]");
    if (root && e.target.matches("[role=combobox]")) { stateOf(root); e.target.select(); }
  });
  document.addEventListener("mousedown", (e) => {
    const option = e.target.closest?.("[data-search] [role=option]");
    if (option) { e.preventDefault(); choose(option.closest("[data-search]"), option); return; }
    const input = e.target.closest?.("[data-search] [role=combobox]");
    if (input && partsOf(input.closest("[data-search]")).list.hidden) {
      setTimeout(() => { input.focus(); input.select(); openSearch(input.closest("[data-search]")); });
    }
  });
  document.addEventListener("click", (e) => {
    const clear = e.target.closest?.("[data-clear]");
    if (clear) { const root = clear.closest("[data-search]"); clearChoice(root); partsOf(root).input.focus(); }
    const drop = e.target.closest?.("[data-drop]");
    if (drop) { const root = drop.closest("[data-search]"); drop.remove(); partsOf(root).input.focus(); htmx.trigger(root, "chosen"); }
  });

  // openSearch searches for everything if the field shows the current choice, which isn't a query.
  function openSearch(root) {
    const { input } = partsOf(root);
    const kept = input.value;
    if (kept !== stateOf(root).text || kept === "") { search(root, 0); return; }
    input.value = "";
    search(root, 0);
    input.value = kept;
    input.select();
  }

  document.addEventListener("input", (e) => {
    const root = e.target.closest?.("[data-search]");
    if (root && e.target.matches("[role=combobox]")) search(root, 180);
  });
  document.addEventListener("keydown", (e) => {
    const root = e.target.closest?.("[data-search]");
    if (!root || !e.target.matches("[role=combobox]") || e.isComposing) return;
    const { list } = partsOf(root);
    const options = $$("[role=option]", list);
    const at = options.findIndex((o) => o.getAttribute("aria-selected") === "true");
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      if (list.hidden) openSearch(root);
      else highlight(root, at + (e.key === "ArrowDown" ? 1 : -1));
    } else if (e.key === "Enter") {
      e.preventDefault();
      if (!list.hidden && options[at] && !root.classList.contains("busy")) choose(root, options[at]);
    } else if (e.key === "Escape" && !list.hidden) {
      e.preventDefault();
      e.stopPropagation();
      hideList(root);
    }
  });
  // In these fields Enter chooses or sends the field; it doesn't submit the form.
  document.addEventListener("keypress", (e) => {
    if (e.key === "Enter" && e.target.matches?.("[data-search] [role=combobox], input[data-enter]")) e.preventDefault();
  });
  document.addEventListener("focusout", (e) => {
    const root = e.target.closest?.("[data-search]");
    if (!root || !e.target.matches("[role=combobox]")) return;
    hideList(root);
    if (e.target.value.trim() === "") clearChoice(root);
    else e.target.value = stateOf(root).text; // typed text that isn't a choice is dropped
  });

  // ---- Sidebar, inspector, shortcuts --------------------------------------------------------------------------------

  function fold() {
    const open = document.body.classList.toggle("folded-out");
    for (const b of $$("[data-fold][aria-expanded]")) b.setAttribute("aria-expanded", String(open));
    if (open) $("#sidebar a[aria-current=page]")?.focus();
    else $("main [data-fold]").focus();
  }

  const root = document.documentElement;
  const panelButtons = { inspector: $("#inspect"), outbox: $("#show-outbox") };
  const showPanel = (name) => {
    root.dataset.panel = name;
    for (const [panel, button] of Object.entries(panelButtons)) button?.setAttribute("aria-pressed", String(panel === name));
  };
  showPanel(root.dataset.panel);
  function togglePanel(name) {
    const open = root.dataset.panel !== name;
    showPanel(open ? name : "closed");
    sessionStorage.setItem("panel", root.dataset.panel);
    if (open && name === "inspector") $("#filter").focus();
    else if (!open) panelButtons[name].focus();
  }

  // The tab's title counts the unread messages of other conversations.
  const title = document.title.replace(/^\(\d+\) /, "");
  new MutationObserver(() => {
    const unread = Number($("#unread")?.value);
    document.title = unread ? `(${unread}) ${title}` : title;
  }).observe($("#sidebar .scroll"), { childList: true });

  function filterTraffic() {
    const query = $("#filter").value.trim().toLowerCase();
    const onlyFaults = $("#only-wrong").checked;
    let shown = 0;
    for (const li of $("#traffic").children) {
      const hit = (!query || li.textContent.toLowerCase().includes(query)) && (!onlyFaults || li.classList.contains("failed"));
      li.hidden = !hit;
      shown += hit ? 1 : 0;
    }
    $("#nothing").hidden = shown > 0;
    $("#nothing").textContent = query || onlyFaults ? "Nothing matches." : "Nothing yet. Type a command and watch it here.";
  }
  $("#filter").addEventListener("input", filterTraffic);
  $("#only-wrong").addEventListener("change", filterTraffic);

  document.addEventListener("keydown", (e) => {
    if (e.altKey && e.code === "KeyI") { e.preventDefault(); togglePanel("inspector"); }
    if (e.key === "Escape" && document.body.classList.contains("folded-out")) fold();
    const typing = e.target.closest?.("input, textarea, select, button, a, summary, dialog");
    if (e.key === "/" && !typing) { e.preventDefault(); fillBox("/"); }
  });

  filterTraffic();
  showStack();
  if (!$("#views > dialog") && !matchMedia("(pointer: coarse)").matches) box.focus({ preventScroll: true });
})();
