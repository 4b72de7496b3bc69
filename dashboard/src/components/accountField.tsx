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
  const [typed, setTyped] = useState("");
  const id = useId();
  const { data } = useAnswer(
    (signal) =>
      client.activeAccounts({ limit: 20, ...(typed !== "" && { prefix: typed }) }, { signal }),
    maySeeNames ? typed : undefined,
  );
  return (
    <div class="field">
      <div class="field-head">
        <label for={id}>Account or session</label>
      </div>
      <input
        key={value}
        id={id}
        type="search"
        defaultValue={value}
        list={`${id}-names`}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => setTyped(event.currentTarget.value.trim())}
        onChange={(event) => onPick(event.currentTarget.value.trim())}
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
