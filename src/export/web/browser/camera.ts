import { element } from './dom';

/** What a camera is asked for: more would be shrunk before the model sees it. */
const WANTED = { video: { width: { ideal: 320 }, height: { ideal: 240 } } };

/** Why there are no pictures of a camera, by the name of the browser’s error. */
const REASONS: Readonly<Record<string, string>> = {
  NotAllowedError: 'The camera was refused: allow it for this page in the browser, or choose a picture.',
  NotFoundError: 'No camera was found: connect one, or choose a picture.',
  NotReadableError: 'The camera cannot be read, perhaps because another program has it: choose a picture.',
};

/** A camera that is on. */
export interface Camera {
  /** Its newest frame is what this shows. */
  readonly video: HTMLVideoElement;
  stop(): void;
}

/**
 * Turns the camera on.
 *
 * @param ended is called when it goes away by itself
 * @throws Error saying in one line why there is none
 */
export async function openCamera(ended: () => void): Promise<Camera> {
  // Browsers leave it out where a page is not secure, whatever its type says.
  const devices: MediaDevices | undefined = navigator.mediaDevices;
  if (!devices?.getUserMedia)
    throw new Error('Browsers give a camera to pages of https and of localhost alone: choose a picture.');
  let stop = (): void => {};
  try {
    const stream = await devices.getUserMedia(WANTED);
    const tracks = stream.getTracks();
    stop = () => {
      for (const track of tracks) track.stop();
    };
    for (const track of tracks) track.addEventListener('ended', ended);
    const video = element('video', { srcObject: stream, muted: true, playsInline: true });
    await video.play();
    return { video, stop };
  } catch (error) {
    // Or its light stays on.
    stop();
    const reason = error instanceof DOMException ? REASONS[error.name] : undefined;
    throw new Error(reason ?? `There are no pictures of a camera (${String(error)}): choose a picture.`);
  }
}
