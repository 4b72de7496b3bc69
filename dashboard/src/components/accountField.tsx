import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";
import { useScope, useSession } from "../api/session.ts";
import { useAnswer } from "../api/useAnswer.ts";
import { count } from "../format.ts";

interface AccountFieldProps {
  readonly value: string;
  readonly onPick: (account: string) => void;
}

/**
 * Finds an account or session. Names are suggested where the key may see them; any name can be entered.
 */
export function AccountField({ value, onPick }: AccountFieldProps): JSX.Element {
  const { client } = useSession();
  const maySeeNames = useScope("admin");
  // While it is typed, an account that comes by itself, such as the latest, does not take its place.
  const [edited, setEdited] = useState<string | undefined>(undefined);
  const typed = edited ?? value;
  // What was picked is no beginning of a name to look for.
  const prefix = typed.trim() === value ? "" : typed.trim();
  const id = useId();
  const { data } = useAnswer(
    (signal) => client.activeAccounts({ limit: 20, ...(prefix !== "" && { prefix }) }, { signal }),
    maySeeNames ? prefix : undefined,
  );
  return (
    <div class="field">
      <div class="field-head">
        <label for={id}>Account or session</label>
      </div>
      <input
        id={id}
        type="search"
        value={typed}
        list={`${id}-names`}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => setEdited(event.currentTarget.value)}
        onChange={(event) => {
          onPick(event.currentTarget.value.trim());
          setEdited(undefined);
        }}
      />
      <datalist id={`${id}-names`}>
        {data?.accounts.map(({ account, items }) => (
          <option key={account} value={account}>
            {count(items)} items
          </option>
        ))}
      </datalist>
    </div>
  );
}
