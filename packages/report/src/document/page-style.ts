/** The margin of a printed page on each side, in millimetres. */
export const PRINT_MARGIN_MM = 15

/**
 * The style sheet of a page. Its colours are those of the charts. The page grows with its tables
 * where the window has room, and a table that is still wider scrolls in its own box.
 */
export const PAGE_STYLE = `
:root{--paper:#ffffff;--ink:#222222;--muted:#555b63;--rule:#d9dce1;--tint:#f4f5f7;--link:#005b8f;--warning:#b34700}
@media screen and (prefers-color-scheme:dark){
:root{--paper:#15181c;--ink:#e8e8e8;--muted:#a9b0b8;--rule:#353b43;--tint:#1e2228;--link:#6bbcf2;--warning:#f2a06b}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
main,nav{padding:0 1rem}
h1,h2,h3,h4{line-height:1.2;text-wrap:balance;overflow-wrap:anywhere}
h1{font-size:1.9rem;margin:1.5rem 0 .5rem}
h2{font-size:1.4rem;margin:2.5rem 0 .75rem;padding-top:1rem;border-top:1px solid var(--rule)}
h3{font-size:1.1rem;margin:1.75rem 0 .5rem}
h4{font-size:1rem;margin:1.25rem 0 .5rem}
p,ul,ol,pre,aside,figure,.scroll{margin:.75rem 0}
p,li,figcaption,aside{overflow-wrap:anywhere;max-width:48rem}
a{color:var(--link)}
.subtitle,figcaption,.caption{color:var(--muted);font-size:.9rem}
code,pre{font-family:ui-monospace,"Cascadia Mono","Liberation Mono",Menlo,monospace;font-size:.85em}
pre{overflow-x:auto;padding:.75rem;background:var(--tint);border-radius:4px;line-height:1.35}
pre code{font-size:.8rem}
aside{padding:.6rem .9rem;border-left:4px solid var(--rule);background:var(--tint)}
aside.warning{border-color:var(--warning)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}
.caption{margin:.75rem 0 -.5rem}
th,td{padding:.3rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
td{white-space:nowrap}
th{vertical-align:bottom;border-bottom-width:2px;border-color:var(--muted)}
.right{text-align:right}
.long{white-space:normal;min-width:16rem}
.runs-on{white-space:normal;color:var(--muted)}
figure svg{display:block;max-width:100%;height:auto}
.narrow{display:none}
nav ul{list-style:none;margin:0;padding:0}
nav p{font-weight:bold;margin:1rem 0 .25rem}
nav .level-3{padding-left:1rem}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
@media screen and (max-width:35rem){.wide{display:none}.narrow{display:block}h1{font-size:1.5rem}}
@media screen and (max-width:74.99rem){nav{padding-top:1rem;font-size:.9rem}}
@media screen and (min-width:75rem){
body{display:grid;grid-template-columns:15rem minmax(0,auto);justify-content:center}
main{grid-column:2;min-width:min(58rem,100%)}
nav{position:sticky;top:0;max-height:100vh;overflow-y:auto;padding:1rem;font-size:.85rem}}
@media print{
@page{margin:${PRINT_MARGIN_MM}mm}
body{font-size:10pt}
main,nav{padding:0}
h2,h3,h4,.caption{break-after:avoid}
figure,tr,aside{break-inside:avoid}
thead{display:table-header-group}
.scroll,pre{overflow:visible}
pre{white-space:pre-wrap;overflow-wrap:anywhere}
table{font-size:7.5pt}
th,td{white-space:normal;padding:.15rem .35rem}
.long{min-width:0}
a{color:inherit;text-decoration:none}
}
`
