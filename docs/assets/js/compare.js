/* An outcome: its table compares with one of the others at a time. */
{
  const compare = (place) => {
    const rows = [...place.querySelectorAll("tbody tr")];
    const select = document.createElement("select");
    select.add(new Option("all of them", ""));
    rows.forEach((row, number) => {
      select.add(new Option(row.cells[0].textContent.trim(), number));
    });
    select.addEventListener("change", () => {
      rows.forEach((row, number) => {
        row.hidden = select.value !== "" && Number(select.value) !== number;
      });
    });
    const label = document.createElement("label");
    label.append("Compare with ", select);
    const line = document.createElement("p");
    line.append(label);
    place.prepend(line);
  };

  document$.subscribe(() => {
    const table = document.querySelector(".compare");
    if (!table) return;
    compare(table);
    /* Reached from the guide: what was asked for is the heading's outcome. */
    const heading = document.getElementById("outcome");
    heading.tabIndex = -1;
    const from = document.referrer && new URL(document.referrer);
    if (from && from.origin === location.origin && /\/decide\/$/.test(from.pathname) && !location.hash)
      heading.focus({ preventScroll: true });
  });
}
