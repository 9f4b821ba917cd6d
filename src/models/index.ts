export { BigGanDiscriminator, bigganDiscriminator } from './biggan-discriminator';
export {
  type BigGanConditioning,
  BigGanGenerator,
  type BigGanGeneratorOptions,
  bigganGenerator,
} from './biggan-generator';
export { BIGGAN_SIZES, bigganAccepts } from './biggan-plan';
export type { BigGanOptions, BigGanStart } from './biggan-start';
export {
  BottleneckDiscriminatorBlock,
  type BottleneckDiscriminatorOptions,
  BottleneckGeneratorBlock,
  type BottleneckGeneratorOptions,
} from './bottleneck';
export { type ClassConditional, ClassLatents } from './class-latents';
export { CLASSIFIER_RESOLUTION, Classifier, type ClassifierOptions, classifier } from './classifier';
export {
  type ConvDropoutOptions,
  convDropoutAccepts,
  convDropoutDiscriminator,
  convDropoutGenerator,
} from './conv-dropout';
export {
  DCGAN_SIZES,
  type DcganDiscriminatorOptions,
  type DcganNorm,
  type DcganOptions,
  dcganAccepts,
  dcganDiscriminator,
  dcganGenerator,
  initDcgan,
} from './dcgan';
export { DcganAutoencoder, dcganAutoencoder, dcganEncoder } from './dcgan-autoencoder';
export { DefectFinder, type DefectFinderOptions, defectFinder, type Found } from './defect-finder';
export { DnCnn, type DnCnnOptions, dnCnn } from './dncnn';
export { GroupedResidualBlock, type GroupedResidualBlockOptions } from './grouped-residual';
export { GrowingNetwork } from './growing';
export {
  FeatureDiscriminator,
  featureDiscriminator,
  HeadedDiscriminator,
  type HeadOptions,
  headedDiscriminator,
  type Judgement,
} from './headed-dcgan';
export { INCEPTION_RESOLUTION, Inception } from './inception';
export { Inpainter, type InpainterOptions, inpainter } from './inpainter';
export { LabelMapDiscriminator, type LabelMapOptions, labelMapDiscriminator } from './label-maps';
export { LearnedNumber } from './learned-number';
export { type MlpNorm, type MlpOptions, mlpDiscriminator, mlpGenerator } from './mlp';
export {
  ModernGenerator,
  type ModernOptions,
  modernAccepts,
  modernDiscriminator,
  modernGenerator,
} from './modern';
export {
  leastPatchedSize,
  PatchDiscriminator,
  type PatchDiscriminatorOptions,
  type PatchSize,
  patchDiscriminator,
} from './patch-discriminator';
export { PathMean } from './path-mean';
export {
  PROGRESSIVE_SIZES,
  ProgressiveDiscriminator,
  ProgressiveGenerator,
  type ProgressiveOptions,
  progressiveAccepts,
  progressiveDiscriminator,
  progressiveGenerator,
} from './progressive';
export { ReplayPool, type ReplayPoolOptions, replayPool } from './replay-pool';
export {
  type BlockNorm,
  type Convolution,
  DiscriminatorBlock,
  type DiscriminatorBlockOptions,
  FirstDiscriminatorBlock,
  GeneratorBlock,
  type GeneratorBlockOptions,
} from './residual';
export {
  ResidualTranslator,
  type ResidualTranslatorOptions,
  residualTranslator,
  residualTranslatorAccepts,
} from './residual-translator';
export {
  ResNetDiscriminator,
  type ResNetDiscriminatorOptions,
  ResNetEncoder,
  type ResNetEncoderOptions,
  ResNetGenerator,
  type ResNetGeneratorOptions,
  resnetAccepts,
  resnetDiscriminator,
  resnetEncoder,
  resnetGenerator,
} from './resnet-gan';
export { RunningNormal, type RunningNormalOptions } from './running-normal';
export { STYLE_RESOLUTIONS, type StyleChannels, styleAccepts } from './style-channels';
export {
  StyleDiscriminator,
  type StyleDiscriminatorOptions,
  styleDiscriminator,
} from './style-discriminator';
export { StyleGenerator, type StyleGeneratorOptions, styleGenerator } from './style-generator';
export {
  type LayerNoise,
  RectifiedConv2d,
  type RectifiedConvOptions,
  RectifiedLinear,
  StyleLayer,
  type StyleLayerOptions,
  ToRgb,
} from './style-layers';
export { StyleMapping, type StyleMappingOptions } from './style-mapping';
export { StyleSynthesis, type StyleSynthesisOptions } from './style-synthesis';
export { type MapNorm, type TranslatedImages, Translator, type TranslatorReach } from './translator';
export {
  UNetGenerator,
  type UNetOptions,
  unetAccepts,
  unetDepth,
  unetGenerator,
} from './unet';
export { Upscaler, type UpscalerOptions, upscaler } from './upscaler';
export {
  type ConvVaeOptions,
  convVaeDecoder,
  convVaeEncoder,
  type DecoderOptions,
  type MlpVaeOptions,
  mlpVaeDecoder,
  mlpVaeEncoder,
  type Posterior,
  VaeDecoder,
  VaeEncoder,
} from './vae';
