import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Trouble } from "./message.tsx";

/** A view whose script comes when it is first opened, so that the page itself stays small. */
export function later(load: () => Promise<ComponentType>): ComponentType {
  let loaded: ComponentType | undefined;
  return function Later(): JSX.Element {
    const [View, setView] = useState<ComponentType | undefined>(() => loaded);
    const [error, setError] = useState<unknown>();
    useEffect(() => {
      const open = async () => {
        loaded ??= await load();
        setView(() => loaded);
      };
      open().catch(setError);
    }, []);
    if (View !== undefined) return <View />;
    // Where the service was renewed since the page was loaded, it has other files now.
    return error === undefined ? (
      <div aria-busy="true" />
    ) : (
      <Trouble error={new Error("This view could not be loaded. Load the page anew.")} />
    );
  };
}
