import { Comment, CommentTag, Converter, ReflectionKind } from 'typedoc';

/** What the rooms of src/ are called in the reference, from the one that most people begin with. */
const ROOMS = {
  recipes: 'Recipes and trained models',
  training: 'Training',
  report: 'Training',
  export: 'Export',
  tensor: 'Tensors',
  native: 'Tensors',
  io: 'Files',
};

/** The typedoc plugin of `npm run docs:api`: groups what is exported by itself by its room, and calls parameters that are taken apart `options`. */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_SIGNATURE, (_, signature) => nameOptions(signature));
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    // Pages of docs/ lie beside the module.
    const [face] = project.getChildrenByKind(ReflectionKind.Module);
    for (const child of face.children ?? []) categorize(child, roomOf(child));
  });
}

function nameOptions(signature) {
  for (const parameter of signature.parameters ?? [])
    if (parameter.name === '__namedParameters') parameter.name = 'options';
}

function roomOf(child) {
  if (child.kind === ReflectionKind.Namespace) return 'Namespaces';
  const path = child.sources?.[0]?.fileName ?? child.signatures?.[0]?.sources?.[0]?.fileName ?? '';
  const [, room] = /src\/([^/]+)\//.exec(path) ?? [];
  return ROOMS[room] ?? 'Errors and version';
}

function categorize(child, category) {
  for (const part of child.signatures ?? [child]) {
    part.comment ??= new Comment();
    part.comment.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: category }]));
  }
}
