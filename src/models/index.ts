export { CLASSIFIER_RESOLUTION, Classifier, type ClassifierOptions, classifier } from './classifier';
export {
  type DcganOptions,
  dcganAccepts,
  dcganDiscriminator,
  dcganGenerator,
  initDcgan,
} from './dcgan';
export { INCEPTION_RESOLUTION, Inception } from './inception';
export { type MlpOptions, mlpDiscriminator, mlpGenerator } from './mlp';
export {
  DiscriminatorBlock,
  type DiscriminatorBlockOptions,
  FirstDiscriminatorBlock,
  GeneratorBlock,
  type GeneratorBlockOptions,
} from './residual';
export {
  ResNetDiscriminator,
  type ResNetDiscriminatorOptions,
  ResNetGenerator,
  type ResNetGeneratorOptions,
  resnetAccepts,
  resnetDiscriminator,
  resnetGenerator,
} from './resnet-gan';
