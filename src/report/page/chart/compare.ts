import type { Chart } from './chart';

/** The charts of one of several runs. */
export interface RunCharts {
  readonly name: string;
  readonly charts: readonly Chart[];
}

const COLORS = 6;
const DASHES = 4;

/** Charts of several runs over each other, those of equal titles in one: a colour a run, a pattern of dashes a line. */
export function overlay(runs: readonly RunCharts[]): Chart[] {
  const titles = [...new Set(runs.flatMap(({ charts }) => charts.map(({ title }) => title)))];
  return titles.map((title) => {
    const found = runs.flatMap(({ name, charts }, run) =>
      charts
        .filter((chart) => chart.title === title)
        .map((chart) => coloured(chart, { name, color: run % COLORS })),
    );
    const [first] = found;
    return {
      title,
      series: found.flatMap(({ series }) => series),
      marks: found.flatMap(({ marks }) => marks),
      range: [
        same(found.map(({ range }) => range[0])) ?? null,
        same(found.map(({ range }) => range[1])) ?? null,
      ],
      ...(same(found.map(({ reference }) => reference)) !== undefined && { reference: first.reference }),
      smoothable: first.smoothable,
      logarithmic: first.logarithmic,
    };
  });
}

function coloured(chart: Chart, { name, color }: { readonly name: string; readonly color: number }): Chart {
  return {
    ...chart,
    series: chart.series.map((series, at) => ({
      ...series,
      label: chart.series.length > 1 ? `${name}: ${series.label}` : name,
      color,
      dash: at % DASHES,
    })),
    marks: chart.marks.map((mark) => ({ ...mark, color })),
  };
}

/** What all of them are; undefined where they differ. */
function same<T>(values: readonly T[]): T | undefined {
  return values.every((value) => value === values[0]) ? values[0] : undefined;
}
