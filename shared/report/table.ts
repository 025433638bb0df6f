/** Tables that hold together without a style sheet: mail clients take away what is not on the element itself. */
import { type Html, html } from './html.ts';

export type Column<Row> = {
  readonly title: string;
  readonly cell: (row: Row) => string | Html;
  /** Numbers, one under the other. */
  readonly number?: true;
  /** Left out on narrow screens, where style sheets are heard at all. */
  readonly wide?: true;
};

const name = 'text-align:left;overflow-wrap:anywhere';
const number = 'text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums';

/** `dense` for long lists of short lines. */
export type Look = { readonly dense?: true };

const cellStyle = <Row>({ number: isNumber }: Column<Row>, { dense }: Look): string => {
  const padding = `${dense ? 2 : 6}px 0 ${dense ? 2 : 6}px ${isNumber ? 14 : 0}px`;
  return `padding:${padding};vertical-align:top;border-bottom:1px solid #e4e7ec;${isNumber ? number : name}`;
};
const classOf = <Row>(column: Column<Row>): string => (column.wide ? 'l w' : 'l');

export function table<Row>(
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  foot: readonly Row[] = [],
  look: Look = {},
): Html {
  // The names take what the numbers leave, which then stand together.
  const widest = columns.filter((column) => !column.number).length === 1 ? ';width:99%' : '';
  const cells = (row: Row, weight: string) =>
    columns.map(
      (column, index) =>
        html`<td class="${index === 0 && weight === '' ? `${classOf(column)} n` : classOf(column)}" style="${cellStyle(column, look)}${weight}">${column.cell(row)}</td>`,
    );
  return html`<table style="width:100%;border-collapse:collapse;font-size:${look.dense ? 13 : 14}px;line-height:1.4"><caption class="m" style="caption-side:top;text-align:left;padding:0 0 4px;font-size:13px;color:#667085">${caption}</caption><thead><tr>${columns.map(
    (column) =>
      html`<th class="m ${classOf(column)}" scope="col" style="${cellStyle(column, look)}${column.number ? '' : widest};font-weight:500;font-size:12px;color:#667085">${column.title}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (row) => html`<tr>${cells(row, '')}</tr>
`,
  )}${foot.map(
    (row) => html`<tr>${cells(row, ';font-weight:600')}</tr>
`,
  )}</tbody></table>`;
}
