/** The look of the page; light and dark by the viewer's setting, no outside assets. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #213343; --dim: #66788a; --line: #dfe5ec; --paper: #ffffff; --ground: #f5f7fa;
  --accent: #c2410c; --accent-soft: #fff1e9; --row: #fbfcfe; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #94a3b3; --line: #2b3642; --paper: #161d26;
  --ground: #0f151c; --accent: #fb923c; --accent-soft: #2c1d12; --row: #19212b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 14px/1.45 system-ui, sans-serif; }
header { background: var(--accent-soft); border-bottom: 3px solid var(--accent); padding: 14px 24px; display: flex;
  flex-wrap: wrap; gap: 4px 20px; align-items: baseline; }
header h1 { margin: 0; font-size: 22px; color: var(--accent); letter-spacing: -.01em; }
header p { margin: 0; color: var(--dim); }
header #trouble { color: var(--accent); font-weight: 600; }
main { display: grid; grid-template-columns: 190px minmax(0, 1fr) minmax(0, 420px); gap: 16px; padding: 16px 24px; align-items: start; }
@media (max-width: 1100px) { main { grid-template-columns: 1fr; } }
section, nav { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
h2 { margin: 0; padding: 10px 14px; font-size: 12px; text-transform: uppercase; letter-spacing: .06em; color: var(--dim);
  border-bottom: 1px solid var(--line); }
nav button { display: flex; justify-content: space-between; width: 100%; padding: 9px 14px; border: 0; background: none;
  color: inherit; font: inherit; cursor: pointer; text-align: left; border-left: 3px solid transparent; }
nav button:hover { background: var(--row); }
nav button[aria-current=true] { border-left-color: var(--accent); background: var(--accent-soft); font-weight: 600; }
nav button span { color: var(--dim); font-variant-numeric: tabular-nums; }
.bar { display: flex; flex-wrap: wrap; gap: 10px; padding: 10px 14px; border-bottom: 1px solid var(--line); align-items: center; }
.bar input { flex: 1; min-width: 150px; padding: 7px 10px; border: 1px solid var(--line); border-radius: 7px; background: var(--ground);
  color: inherit; font: inherit; }
.bar button { padding: 6px 12px; border: 1px solid var(--line); border-radius: 7px; background: var(--paper); color: inherit;
  font: inherit; cursor: pointer; }
.bar button:disabled { opacity: .4; cursor: default; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 7px 14px; border-bottom: 1px solid var(--line); white-space: nowrap; max-width: 260px;
  overflow: hidden; text-overflow: ellipsis; }
th { font-size: 12px; color: var(--dim); font-weight: 600; }
tbody tr { cursor: pointer; }
tbody tr:hover, tbody tr[aria-selected=true] { background: var(--row); }
td.num, th.num { text-align: right; font-variant-numeric: tabular-nums; }
.dim { color: var(--dim); }
.tag { display: inline-block; padding: 1px 7px; border-radius: 99px; background: var(--accent-soft); color: var(--accent); font-size: 12px; }
dl { margin: 0; }
dt { padding: 8px 14px 0; color: var(--dim); font-size: 12px; }
dt.editable { cursor: pointer; }
dt.editable::after { content: ' edit'; color: var(--accent); opacity: 0; }
dt.editable:hover::after { opacity: 1; }
dd { margin: 0; padding: 0 14px 8px; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
dd ol { margin: 4px 0 0; padding-left: 18px; color: var(--dim); font-size: 12px; }
.empty { padding: 24px 14px; color: var(--dim); }
#consent { width: min(560px, 100% - 48px); margin: 10vh auto; }
#consent p, #consent ul { margin: 0; padding: 12px 14px; overflow-wrap: anywhere; }
#consent ul { padding: 0 14px 12px 34px; }
#consent .bar { border-bottom: 0; }
#consent .bar button[value=approve] { background: var(--accent); border-color: var(--accent); color: var(--paper); }
#stats { margin: 0 24px 24px; }
.tiles { display: flex; flex-wrap: wrap; gap: 10px 32px; padding: 12px 14px; border-bottom: 1px solid var(--line); }
.tiles b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; }
.tiles .over b { color: var(--accent); }
`;
