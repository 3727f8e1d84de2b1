// The theme before the first paint, and the menu of small screens. Nothing else needs a script.
(function () {
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function wish() {
    try { return localStorage.getItem("theme") || "auto"; } catch (error) { return "auto"; }
  }
  function paint() {
    var now = wish();
    root.classList.toggle("dark", now === "dark" || (now === "auto" && dark.matches));
  }
  root.classList.remove("no-js");
  root.classList.add("js");
  paint();
  dark.addEventListener("change", paint);
  document.addEventListener("DOMContentLoaded", function () {
    var choice = document.querySelector("[data-theme]");
    if (choice) {
      choice.hidden = false;
      choice.value = wish();
      choice.addEventListener("change", function () {
        try { localStorage.setItem("theme", choice.value); } catch (error) { /* private mode: this page only */ }
        paint();
      });
    }
    var burger = document.querySelector("[data-burger]");
    if (burger) {
      burger.addEventListener("click", function () {
        var open = document.getElementById("side").classList.toggle("open");
        burger.setAttribute("aria-expanded", String(open));
      });
    }
    document.querySelectorAll("[data-all]").forEach(function (box) {
      box.addEventListener("change", function () {
        document.querySelectorAll("input[name=ids]").forEach(function (one) { one.checked = box.checked; });
      });
    });
  });
})();
