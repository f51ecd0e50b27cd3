const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const
const STEP = 1024

/** `10952166604` becomes `10.2 GiB`, and `10737418240` `10 GiB`. */
export function describeBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  // 1023.95 would be shown as 1024 of the smaller unit.
  while (value >= STEP - 0.05 && unit < UNITS.length - 1) {
    value /= STEP
    unit++
  }
  return `${value.toFixed(1).replace(/\.0$/, '')} ${UNITS[unit]}`
}
