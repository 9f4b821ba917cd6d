/**
 * Whether a recipe is named by the file that exports it: a path, or a name with the ending of a script. Such a file is a program, with all
 * the rights of the user who runs it.
 */
export function isRecipeFile(name: string): boolean {
  return /[\\/]|\.[cm]?[jt]s$/.test(name);
}

/** Whether a feature network is a TorchScript file: a program too, which LibTorch runs as it is. */
export function isTorchScript(features: string): boolean {
  return !/^(classifier|inception):/.test(features) && /\.(pt|ts|torchscript)$/.test(features);
}

/** What a command that uses a run needs beside its folder: `--recipe FILE` where its recipe is a file, as `settings` say; else nothing. */
export function recipeFlag(recipe: unknown): readonly string[] {
  return typeof recipe === 'string' && isRecipeFile(recipe) ? ['--recipe', recipe] : [];
}
