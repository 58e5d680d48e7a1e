/** What the person allows this page to use, and when they change their mind. */

/** Calls back each time the permission is given; answers how to stop listening. */
export function onPermissionGiven(kind: 'camera' | 'microphone', given: () => void): () => void {
  let status: PermissionStatus | undefined;
  let isOver = false;
  const changed = () => {
    if (status?.state === 'granted') given();
  };
  const listen = async () => {
    try {
      const found = await navigator.permissions.query({ name: kind });
      if (isOver) return;
      status = found;
      status.addEventListener('change', changed);
    } catch {
      // Some browsers know no permission of that name: there a press on the button asks again.
    }
  };
  void listen();
  return () => {
    isOver = true;
    status?.removeEventListener('change', changed);
  };
}
