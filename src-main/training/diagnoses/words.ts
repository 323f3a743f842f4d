// Figures as the sentences of the doctor say them.

export function figure(value: number): string {
  return value.toPrecision(3);
}

export function ratio(value: number): string {
  // Errors of zero, to rounding: how many times that is says nothing.
  if (!(value <= 1000)) return '1000+';
  return value.toFixed(value < 10 ? 1 : 0);
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}
