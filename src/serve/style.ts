/** What the page of runs has beyond the style of a report page. */
export const dashboardStyle = `
.dashboard{padding-top:clamp(1.25rem,3vw,2.5rem)}
.dashboard .top{display:flex;flex-wrap:wrap;align-items:baseline;justify-content:space-between;gap:.5rem 2rem;margin:0 0 1.25rem}
.connection{margin:0;color:var(--soft);font-size:.875rem}
.connection::before{content:"";display:inline-block;width:.6em;height:.6em;border-radius:50%;margin-right:.5em;background:var(--soft)}
.connection.live::before{background:var(--c2)}.connection.lost::before{background:var(--c1)}
.skip{position:absolute;left:-999rem}.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem;z-index:2}
.runs{width:100%}.runs td,.runs th{vertical-align:middle;padding-right:1.25rem}
.runs tbody th{font-weight:600;max-width:24rem}.runs tbody th small{display:block;color:var(--soft);font-weight:400;overflow-wrap:anywhere}
.runs td{white-space:nowrap}.runs input{width:1.15rem;height:1.15rem;margin:.3rem}
.runs a{color:inherit;text-decoration-color:var(--hair);text-underline-offset:.2em;overflow-wrap:anywhere}.runs a:hover{text-decoration-color:currentcolor}
.runs img{width:4rem;height:4rem;object-fit:cover;object-position:top left;image-rendering:pixelated}
.runs tr.on{background:var(--fill)}
.state::before{content:"";display:inline-block;width:.6em;height:.6em;border-radius:2px;margin-right:.5em;background:var(--soft)}
.state.training::before{background:var(--c2);border-radius:50%}.state.done::before{background:var(--c0)}.state.stopped::before{background:var(--c4)}.state.gone::before{background:var(--c5)}
.run{border-top:1px solid var(--hair);padding-top:2.5rem;margin-top:2.5rem}
.run header{margin-bottom:2.5rem}.run header h1{font-size:clamp(1.5rem,3vw,2rem)}
#shown:focus{outline:none}
.beside{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr));gap:2rem 2.5rem;align-items:start}
.beside{margin-bottom:3rem}.figures{margin-bottom:2.5rem}.beside h3{margin:0 0 .75rem}
.swatch{display:inline-block;width:1.4em;height:3px;vertical-align:middle;margin-right:.5em}
.swatch.c0{background:var(--c0)}.swatch.c1{background:var(--c1)}.swatch.c2{background:var(--c2)}.swatch.c3{background:var(--c3)}.swatch.c4{background:var(--c4)}.swatch.c5{background:var(--c5)}
.make form{display:flex;flex-wrap:wrap;gap:.75rem 1.25rem;align-items:end;margin:0 0 1rem}
.make label{display:flex;flex-direction:column;gap:.25rem;font-size:.875rem;color:var(--soft)}
.make input:not([type=file]),.make select{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--hair);border-radius:5px;padding:.35rem .5rem;width:7rem}
.make select{width:auto;max-width:14rem}.make output{display:block}.make output p{margin:0 0 .75rem}
.make .download{font-size:.875rem;color:inherit}
.problem{color:var(--ink);background:var(--warn);border-left:3px solid var(--warn-edge);padding:.5rem .8rem}
@media (max-width:46rem){.runs thead{position:absolute;clip-path:inset(50%)}.runs tr{display:grid;grid-template-columns:auto 1fr auto;gap:.1rem .75rem;padding:.5rem 0;border-bottom:1px solid var(--hair)}
.runs td,.runs tbody th{border:0;padding:.1rem 0;white-space:normal}.runs td:first-child{grid-row:span 4}.runs tbody th{grid-column:2/4}.runs td:nth-child(n+3){grid-column:2}.runs td:last-child{grid-column:3;grid-row:2/span 4}.steps::before{content:"step "}.speed::after{content:" images/s"}}
@media (prefers-reduced-motion:no-preference){.state.training::before{animation:pulse 2s ease-in-out infinite}}
@keyframes pulse{50%{opacity:.35}}
`;
