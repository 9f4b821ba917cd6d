/** The style of a report page. Colours of curves keep a contrast of 3 to 1 or more on either background, and differ in lightness. */
export const pageStyle = `
:root{
--paper:#fcfbf9;--card:#fff;--ink:#1d1c1a;--soft:#625f58;--hair:#e4e0d9;--fill:#f3f1ec;--warn:#fdf3dc;--warn-edge:#c98a12;--focus:#1f5fbf;
--c0:#1f5fbf;--c1:#c2410c;--c2:#0f766e;--c3:#86329f;--c4:#876300;--c5:#b3225c;
color-scheme:light dark;
}
@media (prefers-color-scheme:dark){:root{
--paper:#161614;--card:#1d1d1b;--ink:#eceae5;--soft:#a5a299;--hair:#35342f;--fill:#24231f;--warn:#33290f;--warn-edge:#d9a02f;--focus:#8ab4f8;
--c0:#7fb0ff;--c1:#ff9a66;--c2:#4ecbb8;--c3:#d89bec;--c4:#dcbb55;--c5:#ff8fb4;
}}
*{box-sizing:border-box}
[hidden]{display:none!important}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:76rem;margin:0 auto;padding:clamp(1.5rem,5vw,4.5rem) clamp(1rem,4vw,2.5rem) 3rem}
header,section{margin:0 0 clamp(2.75rem,6vw,4.5rem)}
h1{font-size:clamp(1.75rem,4vw,2.4rem);line-height:1.15;font-weight:600;letter-spacing:-.02em;margin:0;overflow-wrap:anywhere}
h2{font-size:1.35rem;line-height:1.3;font-weight:600;letter-spacing:-.01em;margin:0 0 1.25rem}
h3,summary,caption,.facts th,.hint{overflow-wrap:anywhere}
h3{font-size:1rem;min-width:0;line-height:1.4;font-weight:600;margin:2rem 0 .75rem}
p{margin:0 0 1rem;max-width:42rem}
.kind{color:var(--soft);font-size:.875rem;margin:0 0 .35rem}
.about,.hint,figcaption,footer{color:var(--soft)}
.about{margin:.5rem 0 0;overflow-wrap:anywhere}
.hint,figcaption,footer{font-size:.875rem}
dl{margin:0}dd{margin:0}
dt{color:var(--soft);font-size:.875rem}
.key{display:flex;flex-wrap:wrap;gap:1.25rem 2.75rem;margin:2rem 0 0}
.key dd{font-variant-numeric:tabular-nums;font-size:1.0625rem}
.warning{margin:2rem 0 0;padding:.9rem 1.1rem;background:var(--warn);border-left:3px solid var(--warn-edge);border-radius:3px}
.warning p{margin:0;max-width:none;overflow-wrap:anywhere}.warning p+p{margin-top:.4rem}
.controls{display:flex;flex-wrap:wrap;gap:.5rem 2rem;align-items:center;margin:0 0 1.25rem;font-size:.9375rem}
.controls label{display:inline-flex;gap:.6rem;align-items:center;min-height:2rem}
.controls output{font-variant-numeric:tabular-nums;min-width:2.2em}
input{accent-color:var(--c0)}
input[type=range]{width:10rem;max-width:40vw}
button{font:inherit;font-size:.875rem;color:inherit;background:var(--fill);border:1px solid var(--hair);border-radius:5px;padding:.3rem .8rem;cursor:pointer}
button:hover{border-color:var(--soft)}
:focus-visible{outline:2px solid var(--focus);outline-offset:3px;border-radius:3px}
figure{margin:0;min-width:0}
.grid{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:2.5rem 2.5rem}
.grid+.hint{margin-top:1.25rem}
.grid .chart:first-child:nth-last-child(odd),.grid .chart:only-child{grid-column:1/-1}
.chart figcaption{display:flex;flex-wrap:wrap;column-gap:.75rem;align-items:baseline}
.chart h3{margin:0;color:var(--ink)}
.chart figcaption p{flex-basis:100%;max-width:none;margin:0}
.chart figcaption p:empty{display:none}
.note{color:var(--soft);font-variant-numeric:tabular-nums}
.at{margin-left:auto;font-variant-numeric:tabular-nums}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.1rem 1.4rem;margin:.5rem 0 .4rem;padding:0;font-size:.875rem}
.legend li{overflow-wrap:anywhere}.legend svg{vertical-align:middle;margin-right:.2rem}
.value{font-variant-numeric:tabular-nums;font-weight:600;display:inline-block;min-width:3.2em}
.plot{touch-action:pan-y;cursor:crosshair}
.plot svg{display:block;width:100%}
svg text{fill:var(--soft);font-size:11px;font-variant-numeric:tabular-nums}
.tick.y{text-anchor:end}.tick.x,.empty{text-anchor:middle}
path.grid{stroke:var(--hair);stroke-width:1}
.axis{stroke:var(--soft);stroke-width:1;opacity:.6}
.reference{stroke:var(--soft);stroke-dasharray:2 4}
.line{fill:none;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}
.raw{opacity:.24;stroke-width:1}
.measured{stroke-width:1.5}
.error{stroke-width:1;fill:none;opacity:.65}
.mark{stroke-width:1;stroke-dasharray:1 3;opacity:.8}
.ring{fill:var(--paper);fill-opacity:.4;stroke-width:1.8}
.hair{stroke:var(--soft);stroke-width:1}
.read{stroke:var(--paper);stroke-width:1.5}
path.c0,.ring.c0{stroke:var(--c0)}path.c1,.ring.c1{stroke:var(--c1)}path.c2,.ring.c2{stroke:var(--c2)}
path.c3,.ring.c3{stroke:var(--c3)}path.c4,.ring.c4{stroke:var(--c4)}path.c5,.ring.c5{stroke:var(--c5)}
.dot.c0,.read.c0{fill:var(--c0)}.dot.c1,.read.c1{fill:var(--c1)}.dot.c2,.read.c2{fill:var(--c2)}
.dot.c3,.read.c3{fill:var(--c3)}.dot.c4,.read.c4{fill:var(--c4)}.dot.c5,.read.c5{fill:var(--c5)}
.d1{stroke-dasharray:7 4}.d2{stroke-dasharray:2 4}.d3{stroke-dasharray:9 4 2 4}
img{display:block;max-width:100%;height:auto;background:#000;border-radius:2px}
.enlarged{image-rendering:pixelated}
.scrubber{width:fit-content;max-width:100%}
.scrubber figcaption,.pair figcaption,.neighbours figcaption{margin-top:.6rem}
.scrubber figcaption{display:flex;justify-content:space-between;gap:1rem;flex-wrap:wrap}
.frame-step{color:var(--ink);font-variant-numeric:tabular-nums;font-weight:600}
.scrub{display:flex;gap:1rem;align-items:center;margin-top:.6rem}
.scrub input{flex:1;width:auto;max-width:none;min-width:0;min-height:2rem}
.scrub button{min-width:4.6rem}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(22rem,100%),1fr));gap:1.5rem 2.5rem}
.neighbours>div{display:flex;gap:.9rem;max-width:100%}
.neighbours img{min-width:0;flex:0 1 auto;align-self:flex-start}
.neighbours ol{list-style:none;margin:0;padding:0;display:flex;flex-direction:column;font-size:.875rem;font-variant-numeric:tabular-nums}
.neighbours li{flex:1;display:flex;align-items:center;min-height:0}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.35rem .9rem .35rem 0;border-bottom:1px solid var(--hair);font-weight:400}
thead th,caption{color:var(--soft)}
.numbers thead th{white-space:nowrap}
caption{text-align:left;font-weight:600;color:var(--ink);padding:0 0 .35rem}
.facts{width:100%}
.facts th[scope=row]{color:var(--soft);width:40%}
.facts td{overflow-wrap:anywhere}
.numbers td,.numbers tbody th{white-space:nowrap}
.numbers{width:100%}
.best{font-weight:600}
.best::after{content:" ●";color:var(--c0);font-size:.6em;vertical-align:middle}
.differs th[scope=row],.differs td{background:var(--fill);color:var(--ink)}
.scroll{position:relative;overflow-x:auto;margin:0 0 1.5rem}
.tables{columns:19rem;column-gap:3rem}
.tables table{break-inside:avoid;margin:0 0 2rem}
details{margin:0 0 1rem}
summary{cursor:pointer;padding:.25rem 0;font-weight:600}
pre,code{font:0.8125rem/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{overflow-x:auto;background:var(--fill);padding:1rem;border-radius:5px;margin:.5rem 0 0}
.commands>div{margin:0 0 1rem}
.commands dd{display:flex;gap:.75rem;align-items:center;margin-top:.3rem}
.commands code{background:var(--fill);padding:.45rem .75rem;border-radius:5px;overflow-wrap:anywhere;min-width:0;user-select:all}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
footer{border-top:1px solid var(--hair);padding-top:1rem}
@media (max-width:46rem){.grid{grid-template-columns:minmax(0,1fr)}.commands dd{flex-wrap:wrap}}
@media print{
:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--hair:#ccc;--fill:#f4f4f4;--c0:#1f5fbf;--c1:#c2410c;--c2:#0f766e;--c3:#86329f;--c4:#876300;--c5:#b3225c}
main{max-width:none;padding:0}.controls,.scrub,.copy{display:none!important}
figure,table,.warning{break-inside:avoid}h2,h3{break-after:avoid}
.scroll{overflow:visible}body{font-size:11pt}
}
`;
