"use strict";
const root = document.documentElement;

// Theme: as the system, light, dark; remembered where the browser allows it.
const themes = ["system", "light", "dark"];
const button = document.getElementById("theme");
const show = (theme) => {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  button.textContent = { system: "◐", light: "☀", dark: "☾" }[theme];
  button.setAttribute("aria-label", `Colour theme: ${theme === "system" ? "as the system" : theme}`);
  button.title = button.getAttribute("aria-label");
};
let theme = "system";
try { theme = localStorage.getItem("theme") ?? theme; } catch { /* storage may be forbidden */ }
if (!themes.includes(theme)) theme = "system";
show(theme);
button.addEventListener("click", () => {
  theme = themes[(themes.indexOf(theme) + 1) % themes.length];
  show(theme);
  try { localStorage.setItem("theme", theme); } catch { /* as above */ }
});

// Contents: a drawer on narrow screens; the section being read is marked.
const nav = document.getElementById("contents");
const menu = document.getElementById("menu");
const open = (state) => {
  nav.classList.toggle("open", state);
  menu.setAttribute("aria-expanded", state);
};
menu.addEventListener("click", () => open(!nav.classList.contains("open")));
nav.addEventListener("click", (event) => { if (event.target.closest("a")) open(false); });
const links = new Map([...nav.querySelectorAll("a")].map((a) => [a.hash.slice(1), a]));
const visible = new Set();
const observer = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) visible.add(entry.target.id);
    else visible.delete(entry.target.id);
  }
  // The innermost of the sections under the upper part of the window comes last in the contents.
  const current = [...links.keys()].filter((id) => visible.has(id)).pop();
  if (!current) return;
  for (const [id, a] of links) {
    if (id === current) a.setAttribute("aria-current", "true");
    else a.removeAttribute("aria-current");
  }
  const a = links.get(current);
  if (nav.scrollHeight > nav.clientHeight) {
    nav.scrollTop = a.offsetTop - nav.clientHeight / 2;
  }
}, { rootMargin: "-10% 0px -80% 0px" });
for (const id of links.keys()) {
  const section = document.getElementById(id);
  if (section) observer.observe(section);
}

// Curves: the one under the pointer, or chosen by arrow keys, is named; the others fade.
const tip = document.getElementById("tip");
const name = (svg, chosen, x, y) => {
  svg.classList.toggle("named", chosen !== null);
  for (const part of svg.querySelectorAll("[data-name]")) {
    part.classList.toggle("on", part.dataset.name === chosen);
  }
  tip.hidden = chosen === null;
  if (chosen === null) return;
  tip.textContent = chosen.replaceAll("-", " ");
  tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${Math.max(4, y - 30)}px`;
};
for (const box of document.querySelectorAll("[data-curves]")) {
  const svg = box.querySelector("svg");
  for (const title of svg.querySelectorAll(".curve > title")) title.remove(); // tip takes over
  for (const path of svg.querySelectorAll(".curve path")) { // a thin line is hard to point at
    const hit = path.cloneNode();
    hit.removeAttribute("style");
    hit.setAttribute("class", "hit");
    if (!path.closest("defs")) path.parentNode.append(hit);
  }
  const names = [...new Set([...svg.querySelectorAll(".curve")].map((g) => g.dataset.name))];
  let at = -1;
  box.addEventListener("pointermove", (event) => {
    const curve = event.target.closest(".curve, .label[data-name]");
    name(svg, curve ? curve.dataset.name : null, event.clientX, event.clientY);
  });
  const clear = () => { at = -1; name(svg, null); };
  box.addEventListener("pointerleave", clear);
  box.addEventListener("blur", clear);
  box.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") clear();
    if (!step) return;
    event.preventDefault();
    at = (at + step + names.length + (at < 0 && step < 0 ? 1 : 0)) % names.length;
    const { left, top } = box.getBoundingClientRect();
    name(svg, names[at], left, Math.max(top, 30));
  });
}
