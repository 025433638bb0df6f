/** The little that cannot stand on the elements: dark rooms, narrow screens, paper. Everything reads well without it. */
import { html } from './html.ts';

export const styleSheet = html`<style>
@media (prefers-color-scheme:dark){
.b{background:#12161c!important;color:#e3e7ee!important}
.m{color:#98a2b3!important}
.l{border-color:#2b323d!important}
.ok{color:#6fcf97!important}.bad{color:#ff8a80!important}
}
@media (max-width:520px){
.w{display:none}
.p{padding:20px 16px!important}
}
@media print{
.b{background:#fff!important;color:#000!important}
.p{padding:0!important;max-width:none!important}
tr,svg{break-inside:avoid}
h2,caption,thead{break-after:avoid}
table{font-size:12px!important}
td{padding-top:3px!important;padding-bottom:3px!important}
thead{display:table-header-group}
@page{margin:16mm}
}
</style>`;
