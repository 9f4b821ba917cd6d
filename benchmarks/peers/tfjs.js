// The TensorFlow.js participants: tfjs.js node|wasm|cpu FOLDER TASK, with the packages that `bench setup-tfjs` put into FOLDER.
// The networks are the recipes' with tf.layers, in NHWC as TensorFlow has it. Fakes are made once a step: G comes first, and D
// sees the fakes it made.
const { createRequire } = require('node:module');
const { join } = require('node:path');

const [backend, folder, json] = process.argv.slice(2);
const task = JSON.parse(json);
const IMAGES = 512;
const LOG_EVERY = 50;

async function load() {
  const from = createRequire(join(folder, 'package.json'));
  if (backend === 'node') return from('@tensorflow/tfjs-node');
  const tf = from('@tensorflow/tfjs');
  if (backend === 'wasm') {
    const wasm = from('@tensorflow/tfjs-backend-wasm');
    if (task.threads) wasm.setThreadsCount(task.threads);
  }
  await tf.setBackend(backend);
  return tf;
}

function dcgan(tf, { channels, resolution, width, latentSize }) {
  const { conv2d, conv2dTranspose, batchNormalization, activation, leakyReLU, flatten } = tf.layers;
  const maps = Array.from({ length: Math.log2(resolution / 4) }, (_, i) => width * 2 ** i);
  const top = maps.at(-1);
  const norm = () => batchNormalization({ momentum: 0.9, epsilon: 1e-5 });
  const half = { kernelSize: 4, strides: 2, padding: 'same' };
  const generator = tf.sequential();
  const first = { filters: top, kernelSize: 4, padding: 'valid', useBias: false };
  generator.add(conv2dTranspose({ inputShape: [1, 1, latentSize], ...first }));
  for (const filters of [...maps].reverse().slice(1)) {
    generator.add(norm());
    generator.add(activation({ activation: 'relu' }));
    generator.add(conv2dTranspose({ filters, ...half, useBias: false }));
  }
  generator.add(norm());
  generator.add(activation({ activation: 'relu' }));
  generator.add(conv2dTranspose({ filters: channels, ...half, activation: 'tanh' }));
  const discriminator = tf.sequential();
  discriminator.add(conv2d({ inputShape: [resolution, resolution, channels], filters: width, ...half }));
  discriminator.add(leakyReLU({ alpha: 0.2 }));
  for (const filters of maps.slice(1)) {
    discriminator.add(conv2d({ filters, ...half, useBias: false }));
    discriminator.add(norm());
    discriminator.add(leakyReLU({ alpha: 0.2 }));
  }
  discriminator.add(conv2d({ filters: 1, kernelSize: 4, padding: 'valid' }));
  discriminator.add(flatten());
  return { generator, discriminator, latent: [task.batch, 1, 1, latentSize] };
}

function mlp(tf, { channels, resolution, latentSize }) {
  const { dense, leakyReLU, reshape, flatten, dropout } = tf.layers;
  const widths = [256, 512, 1024];
  const image = [resolution, resolution, channels];
  const generator = tf.sequential();
  widths.forEach((units, i) => {
    generator.add(dense({ units, ...(i === 0 ? { inputShape: [latentSize] } : {}) }));
    generator.add(leakyReLU({ alpha: 0.2 }));
  });
  generator.add(dense({ units: channels * resolution ** 2, activation: 'tanh' }));
  generator.add(reshape({ targetShape: image }));
  const discriminator = tf.sequential();
  discriminator.add(flatten({ inputShape: image }));
  for (const units of [...widths].reverse()) {
    discriminator.add(dense({ units }));
    discriminator.add(leakyReLU({ alpha: 0.2 }));
    discriminator.add(dropout({ rate: 0.3 }));
  }
  discriminator.add(dense({ units: 1 }));
  return { generator, discriminator, latent: [task.batch, latentSize] };
}

function trainingStep(tf, { generator, discriminator, latent }, calls) {
  const { batch, channels, resolution } = task;
  const images = tf.randomUniform([IMAGES, resolution, resolution, channels], 0, 256, 'int32');
  const [ones, zeros] = [tf.ones([batch, 1]), tf.zeros([batch, 1])];
  const variables = (model) => model.trainableWeights.map((weight) => weight.val);
  const [optimizerD, optimizerG] = [tf.train.adam(2e-4, 0.5, 0.999), tf.train.adam(2e-4, 0.5, 0.999)];
  const run = (name, model, input) => {
    calls[name] += input.shape[0] / batch;
    return model.apply(input, { training: true });
  };
  const judge = (input, labels) =>
    tf.losses.sigmoidCrossEntropy(labels, run('discriminator', discriminator, input));
  return () =>
    tf.tidy(() => {
      let fake;
      const lossOfG = () => {
        fake = tf.keep(run('generator', generator, tf.randomNormal(latent)));
        return judge(fake, ones);
      };
      const lossG = optimizerG.minimize(lossOfG, true, variables(generator));
      const chosen = tf.randomUniform([batch], 0, IMAGES, 'int32');
      const real = images.gather(chosen).toFloat().div(127.5).sub(1);
      const lossOfD = () => judge(real, ones).add(judge(fake, zeros));
      const lossD = optimizerD.minimize(lossOfD, true, variables(discriminator));
      fake.dispose();
      return [lossG, lossD];
    });
}

function timed(step, steps) {
  const start = performance.now();
  for (let i = 1; i <= steps; i++) {
    const results = step() ?? [];
    for (const tensor of results) {
      if (i % LOG_EVERY === 0 || i === steps) tensor.dataSync();
      tensor.dispose();
    }
  }
  return (performance.now() - start) / 1000;
}

/** As the others do, but a backend that takes longer for one step than the measurement may last is measured for one. */
function timeSteps(step) {
  const { warmUp, minSteps } = task;
  if (warmUp === 0) return { steps: minSteps, seconds: timed(step, minSteps) };
  if (timed(step, 1) > task.seconds) return { steps: 1, seconds: timed(step, 1) };
  const probe = Math.ceil((warmUp - 1) / 4);
  timed(step, warmUp - 1 - probe);
  const steps = Math.max(minSteps, Math.ceil(task.seconds / (timed(step, probe) / probe)));
  return { steps, seconds: timed(step, steps) };
}

function parameters({ generator, discriminator }) {
  const size = (model) =>
    model.trainableWeights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return { generator: size(generator), discriminator: size(discriminator) };
}

function train(tf) {
  const networks = (task.model === 'mlp' ? mlp : dcgan)(tf, task);
  const calls = { generator: 0, discriminator: 0 };
  const step = trainingStep(tf, networks, calls);
  let count = 0;
  const { steps, seconds } = timeSteps(() => {
    count++;
    return step();
  });
  const peakMemory = process.resourceUsage().maxRSS * 1024;
  return {
    figures: {
      imagesPerSecond: (steps * task.batch) / seconds,
      stepMs: (seconds / steps) * 1000,
      peakMemory,
    },
    parameters: parameters(networks),
    passes: { generator: calls.generator / count, discriminator: calls.discriminator / count },
  };
}

function sample(tf) {
  const networks = dcgan(tf, task);
  const { generator, latent } = networks;
  const draw = () => [tf.tidy(() => generator.apply(tf.randomNormal(latent), { training: false }))];
  const { steps, seconds } = timeSteps(draw);
  const figures = { imagesPerSecond: (steps * task.batch) / seconds };
  return { figures, parameters: parameters(networks), passes: { generator: 1, discriminator: 0 } };
}

function ops(tf) {
  const [a, b] = [tf.ones([8]), tf.ones([8])];
  const [m, n] = [tf.ones([8, 8]), tf.ones([8, 8])];
  const [image, weight] = [tf.ones([1, 8, 8, 8]), tf.ones([3, 3, 8, 8])];
  const nanoseconds = (operation) => {
    const sampleOf = (tidies) => {
      const start = performance.now();
      for (let i = 0; i < tidies; i++)
        tf.tidy(() => {
          for (let j = 0; j < 100; j++) operation();
        });
      return ((performance.now() - start) * 1e6) / (tidies * 100);
    };
    const tidies = Math.max(1, Math.round((task.seconds * 1e9) / 15 / 100 / sampleOf(20)));
    const samples = Array.from({ length: 15 }, () => sampleOf(tidies)).sort((x, y) => x - y);
    return samples[7];
  };
  return {
    figures: {
      add: nanoseconds(() => a.add(b)),
      matmul: nanoseconds(() => m.matMul(n)),
      conv2d: nanoseconds(() => tf.conv2d(image, weight, 1, 'same')),
    },
  };
}

async function main() {
  const start = performance.now();
  const tf = await load();
  const measure = { train, sample, ops }[task.kind];
  const measured = measure ? measure(tf) : firstOp(tf, start);
  console.log(JSON.stringify({ version: tf.version.tfjs, ...measured }));
}

function firstOp(tf, start) {
  tf.ones([8]).add(1).dataSync();
  return { figures: { firstOp: performance.now() - start } };
}

main().catch((error) => {
  console.error(error.message.replaceAll(/\s*\n\s*/g, ' '));
  process.exitCode = 1;
});
