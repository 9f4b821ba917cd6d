export { CLASSIFIER_RESOLUTION, Classifier, type ClassifierOptions, classifier } from './classifier';
export {
  type DcganOptions,
  dcganAccepts,
  dcganDiscriminator,
  dcganGenerator,
  initDcgan,
} from './dcgan';
export { type MlpOptions, mlpDiscriminator, mlpGenerator } from './mlp';
