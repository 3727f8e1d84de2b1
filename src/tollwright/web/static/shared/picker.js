// Fields with data-look-up offer what fits while one types. Without this script they are plain
// fields: a name, a code or a number typed into them means the same.
(function () {
  var PAUSE_MS = 150;
  function offer(input) {
    var list = document.createElement("datalist");
    var asked = "", timer = 0;
    list.id = (input.id || input.name) + "-names";
    input.after(list);
    input.setAttribute("list", list.id);
    function show(told) {
      list.replaceChildren.apply(list, told.names.map(function (name) {
        var option = document.createElement("option");
        option.value = name;
        return option;
      }));
    }
    function ask() {
      var text = input.value;
      if (text === asked && list.childElementCount) { return; }
      asked = text;
      fetch(input.dataset.lookUp + "?q=" + encodeURIComponent(text), { headers: { Accept: "application/json" } })
        .then(function (answer) { return answer.ok ? answer.json() : { names: [] }; })
        .then(function (told) { if (text === input.value) { show(told); } })
        .catch(function () { /* offline: the field still takes a typed name */ });
    }
    input.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(ask, PAUSE_MS); });
    input.addEventListener("focus", ask);
  }
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("input[data-look-up]").forEach(offer);
  });
})();
