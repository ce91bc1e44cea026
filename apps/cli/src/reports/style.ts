/** The style of all reports. Colours are those of the playground; the palette of lines keeps apart for the colour-blind, on light and on dark. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #f5f6f8; --card: #ffffff; --sunken: #eef1f5; --line: #dde2e9; --grid: #e6eaf0;
  --text: #1a2230; --muted: #566274; --accent: #2b57cf; --good: #1c7a4a; --bad: #b3261e; --bad-soft: #fdecea;
  --shadow: 0 1px 2px rgb(16 24 40 / 6%), 0 2px 8px rgb(16 24 40 / 4%);
  --s1: #2b57cf; --s2: #d9590b; --s3: #0d8a72; --s4: #b5178f; --s5: #7a5c00; --s6: #0a87b8; --s7: #b3261e; --s8: #6b4fd0;
  --heat: 43 87 207; --miss: 201 52 38;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d1117; --card: #151b24; --sunken: #1d2531; --line: #2a3442; --grid: #232c39;
    --text: #e7ebf1; --muted: #9aa7b9; --accent: #86a8ff; --good: #63c997; --bad: #ff9d94; --bad-soft: #3a1d1c;
    --shadow: none;
    --s1: #86a8ff; --s2: #ff9e54; --s3: #4ecbb0; --s4: #ef83d3; --s5: #dcc062; --s6: #5cc5ee; --s7: #ff9d94; --s8: #b6a3ff;
    --heat: 110 156 255; --miss: 255 120 105;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif;
  font-variant-numeric: tabular-nums;
}
h1, h2, h3, p, dl, dd, figure, ul { margin: 0; padding: 0; }
main { max-width: 1120px; margin: 0 auto; padding: 48px 24px 32px; display: grid; grid-template-columns: minmax(0, 1fr); gap: 40px; }
.head { display: grid; gap: 6px; }
.kicker { color: var(--accent); font-size: 13px; font-weight: 600; letter-spacing: .02em; }
h1 { font-size: clamp(26px, 5vw, 36px); line-height: 1.15; letter-spacing: -.02em; font-weight: 700; overflow-wrap: anywhere; text-wrap: balance; }
.lead { color: var(--muted); font-size: 16px; max-width: 68ch; }
h2 { font-size: 20px; line-height: 1.3; letter-spacing: -.01em; }
h3 { font-size: 15px; font-weight: 650; }
section { display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; }
section > .note { color: var(--muted); max-width: 72ch; margin-top: -10px; }
code { font: 13px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; overflow-wrap: anywhere; }
footer { color: var(--muted); font-size: 13px; border-top: 1px solid var(--line); padding-top: 16px; }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; }
.tile, .chart, .panel { background: var(--card); border: 1px solid var(--line); border-radius: 14px; box-shadow: var(--shadow); }
.tile { padding: 14px 18px 16px; }
.tile dt { color: var(--muted); font-size: 13px; }
.tile dd { font-size: 26px; line-height: 1.25; font-weight: 650; letter-spacing: -.015em; overflow-wrap: anywhere; }
.tile.main dd { color: var(--accent); }
.tile small { display: block; font-size: 13px; line-height: 1.4; font-weight: 400; letter-spacing: 0; color: var(--muted); margin-top: 2px; }
.panel { padding: 20px; }

.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 16px; }
.chart { position: relative; padding: 18px 20px 12px; display: grid; grid-template-rows: auto auto 1fr; gap: 6px; container-type: inline-size; }
.chart figcaption p { color: var(--muted); font-size: 13px; }
.chart .empty { color: var(--muted); }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 18px; font-size: 13px; color: var(--muted); }
.legend li { display: flex; align-items: center; gap: 6px; }
.legend i { width: 16px; border-top: 2.5px solid var(--series); border-radius: 2px; }
.legend .dashed i { border-top-style: dashed; }
.legend output { color: var(--text); font-weight: 600; min-width: 4.2em; }
.legend .at { position: absolute; top: 18px; right: 20px; gap: 5px; }
.legend .at output { min-width: 0; text-align: right; }
.chart.hovered .legend .at output { color: var(--accent); }
.axes { display: grid; grid-template-columns: auto minmax(0, 1fr); grid-template-rows: 220px 26px; margin-top: 8px; }
.ticks-y { position: relative; min-width: 46px; font-size: 12px; color: var(--muted); }
.ticks-y span { position: absolute; right: 8px; transform: translateY(-50%); line-height: 1; white-space: nowrap; }
.ticks-x { grid-column: 2; position: relative; font-size: 12px; color: var(--muted); margin: 0 6px; }
.ticks-x span { position: absolute; top: 8px; transform: translateX(-50%); line-height: 1; white-space: nowrap; }
@container (max-width: 380px) { .ticks-x .odd { display: none; } }
.plot { position: relative; margin: 0 6px; touch-action: pan-y; cursor: crosshair; outline-offset: 6px; border-radius: 2px; }
.plot:focus-visible { outline: 2px solid var(--accent); }
.plot hr { position: absolute; left: -6px; right: -6px; margin: 0; border: 0; border-top: 1px solid var(--grid); }
.plot svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
.plot path { fill: none; stroke: var(--series); stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; vector-effect: non-scaling-stroke; }
.plot path.dashed { stroke-dasharray: 2 5; }
.plot .cross { position: absolute; top: 0; bottom: 0; width: 1px; background: var(--muted); opacity: .6; }
.dot { position: absolute; width: 9px; height: 9px; margin: -4.5px; border-radius: 50%; background: var(--series); box-shadow: 0 0 0 2px var(--card); pointer-events: none; }
.mark { position: absolute; top: 0; bottom: 0; border-left: 1.5px dashed var(--muted); font-size: 12px; line-height: 1; color: var(--muted); pointer-events: none; }
.mark span { position: absolute; top: -15px; left: 0; transform: translateX(-50%); white-space: nowrap; }
.mark.before span { left: auto; right: -6px; transform: none; }
.axes.marked { margin-top: 20px; }
.series-1 { --series: var(--s1); } .series-2 { --series: var(--s2); } .series-3 { --series: var(--s3); } .series-4 { --series: var(--s4); }
.series-5 { --series: var(--s5); } .series-6 { --series: var(--s6); } .series-7 { --series: var(--s7); } .series-8 { --series: var(--s8); }

.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 14px; box-shadow: var(--shadow); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
caption { text-align: left; color: var(--muted); font-size: 13px; padding: 12px 16px 4px; }
th, td { text-align: left; padding: 7px 16px; white-space: nowrap; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--muted); font-weight: 500; font-size: 13px; padding-top: 11px; }
tbody th { font-weight: 600; }
.number { text-align: right; }
.definitions { columns: 300px; column-gap: 40px; background: var(--card); border: 1px solid var(--line); border-radius: 14px; box-shadow: var(--shadow); padding: 14px 20px; font-size: 14px; }
.definitions div { display: flex; justify-content: space-between; gap: 16px; padding: 4px 0; break-inside: avoid; }
.definitions dt { color: var(--muted); }
.definitions dd { font-weight: 550; text-align: right; overflow-wrap: anywhere; min-width: 0; }

.gallery { list-style: none; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 316px), 1fr)); gap: 14px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; box-shadow: var(--shadow); padding: 12px 16px 14px; font-size: 14px; }
.card > p { color: var(--muted); margin-bottom: 8px; }
.card strong { color: var(--text); }
.images { display: flex; gap: 12px; margin-bottom: 10px; }
.images > div { display: grid; gap: 3px; justify-items: start; font-size: 12px; line-height: 1.3; color: var(--muted); min-width: 0; }
img { image-rendering: pixelated; display: block; border-radius: 4px; background: #000; max-width: none; }
.guess { display: grid; grid-template-columns: var(--name, 5.5em) minmax(0, 1fr) 2.6em; align-items: center; gap: 8px; line-height: 1.55; }
.guess span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 600; }
.guess i { height: 7px; border-radius: 4px; background: var(--sunken); overflow: hidden; }
.guess b { display: block; height: 100%; border-radius: 4px; background: var(--bad); }
.guess.right b { background: var(--good); }
.guess output { text-align: right; color: var(--muted); font-size: 13px; }
.pairs { list-style: none; display: flex; flex-wrap: wrap; gap: 14px; }
.pairs li { display: grid; gap: 3px; justify-items: center; font-size: 12px; line-height: 1.4; color: var(--muted); text-align: center; }

.beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 500px), 1fr)); gap: 40px 16px; align-items: start; }
.beside section { grid-template-rows: auto auto 1fr; }
.confusion { width: auto; border-collapse: separate; border-spacing: 2px; padding: 12px; font-size: 13px; }
.confusion th, .confusion td { border: 0; padding: 0; text-align: center; }
.confusion tbody td:first-child, .confusion tbody td:last-child { padding: 0; }
.confusion tbody td { min-width: 46px; height: 34px; border-radius: 5px; background: var(--sunken); padding: 0 5px; }
.confusion tbody th { padding: 0 10px 0 6px; text-align: right; white-space: nowrap; }
.confusion thead th { padding: 0 4px 4px; font-weight: 600; color: var(--text); vertical-align: bottom; }
.confusion thead td { color: var(--muted); font-size: 12px; text-align: left; padding: 0 10px 4px 6px; vertical-align: bottom; }
.confusion.long thead th span { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; max-height: 11em; }
.confusion .hit { background: rgb(var(--heat) / var(--share)); }
.confusion .miss { background: rgb(var(--miss) / var(--share)); }
.confusion .hit, .confusion .miss { color: #000; }
.confusion .strong-light { color: #fff; }
@media (prefers-color-scheme: dark) { .confusion .hit, .confusion .miss { color: #fff; } .confusion .strong-dark { color: #000; } }
.confusion .hit { font-weight: 600; }
.scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
details summary { cursor: pointer; color: var(--accent); font-size: 14px; font-weight: 550; padding: 4px 0; width: fit-content; }
details[open] summary { margin-bottom: 8px; }

@media (max-width: 560px) {
  .confusion { font-size: 11px; border-spacing: 1px; padding: 8px 6px; }
  .confusion tbody td { min-width: 27px; height: 26px; padding: 0 1px; border-radius: 3px; }
  .confusion tbody th:first-child { padding: 0 5px 0 2px; }
  .confusion thead td span { display: block; }
  .confusion thead td:first-child { font-size: 10px; line-height: 1.2; padding: 0 4px 4px 2px; }
  main { padding: 28px 14px 24px; gap: 32px; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 10px; }
  .tile { padding: 12px 14px; }
  .tile dd { font-size: 22px; }
  .chart { padding: 14px 14px 8px; }
  .legend .at { top: 14px; right: 14px; }
  .axes { grid-template-rows: 190px 26px; }
  .ticks-y { min-width: 40px; }
  .panel { padding: 14px; }
  th, td { padding: 7px 8px; }
  th:first-child, td:first-child { padding-left: 14px; }
  th:last-child, td:last-child { padding-right: 14px; }
  table { font-size: 13px; }
  thead th { font-size: 12px; }
}
@media print { body { background: none; } .chart, .tile, .panel, .scroll { box-shadow: none; break-inside: avoid; } }
`;
