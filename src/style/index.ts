export {
  closedFormDirections,
  type DirectionSweep,
  type Directions,
  deviationsAlong,
  principalDirections,
  sweepDirections,
} from './directions';
export { type LayerRange, laterHalf, mixingGrid, mixStyles } from './mix';
export { noiseMapsOf, noiseRegularizer, normalizeNoise } from './noise-maps';
export { perLayer } from './per-layer';
export { type FoundStyles, StyleSearch, type StyleSearchOptions, type StyleSpace } from './search';
export { type StyleStatistics, styleStatistics } from './statistics';
export { type StyleTruncation, type TensorTruncation, truncateStyles } from './truncate';
