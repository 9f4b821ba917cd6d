/** Reads a file that lies beside the page. */
export async function fetched(name: string): Promise<Response> {
  const response = await fetch(besidePage(name));
  if (!response.ok)
    throw new Error(`${name} could not be read (${response.status}): is the whole folder there?`);
  return response;
}

/** Where a file of the folder is. */
export function besidePage(name: string): string {
  return new URL(name, document.baseURI).href;
}
