/** Something the user has to decide, with all that is known about it. */
import { Box, Text } from "ink";
import type { ReactNode } from "react";
import type { Explained, MetadataSubject, RequestSubject, Sender } from "../events.ts";
import { displayText } from "../safe-text.ts";
import {
  DATA_GOES_THERE,
  fingerprintInWords,
  NOT_PROVEN,
  placeInWords,
  scannedInWords,
  scopeInWords,
  shown,
} from "../words.ts";
import type { EndingPanel, LinePanel, QuestionPanel, ScreenModel } from "../screen/model.ts";
import type { Density } from "./frame.tsx";
import { Field, Frame, Instruction, KeysBar, Points } from "./frame.tsx";
import { Notices } from "./notices.tsx";
import { Steps } from "./steps.tsx";
import { faint, strong } from "./style.ts";

export function Question({
  model,
  panel,
  density: { gap, steps },
}: {
  readonly model: ScreenModel;
  readonly panel: QuestionPanel;
  readonly density: Density;
}): ReactNode {
  const footer = (
    <>
      <Instruction>{panel.question}</Instruction>
      <KeysBar keys={panel.keys} />
    </>
  );
  return (
    <Frame title={model.title} footer={footer} gap={gap}>
      {panel.ending === null ? null : <Ending panel={panel.ending} />}
      {panel.about === null ? null : <About subject={panel.about} gap={gap} />}
      <Notices model={model} />
      {steps ? <Steps steps={model.steps} unicode={model.unicode} /> : null}
    </Frame>
  );
}

/** Something to type. */
export function Line({
  model,
  panel,
  density: { gap, steps },
}: {
  readonly model: ScreenModel;
  readonly panel: LinePanel;
  readonly density: Density;
}): ReactNode {
  const footer = (
    <>
      <Text>
        {strong(`${panel.label}:`)} {panel.shown}
        {CURSOR}
      </Text>
      {panel.hint === undefined ? null : <Text>{faint(panel.hint === "" ? " " : panel.hint)}</Text>}
      <KeysBar keys={panel.hint === undefined ? [DONE] : [COMPLETE, DONE]} />
    </>
  );
  return (
    <Frame title={model.title} footer={footer} gap={gap}>
      {panel.about === null ? null : <About subject={panel.about} gap={gap} />}
      {panel.explanation === undefined ? null : <Text>{panel.explanation}</Text>}
      <Notices model={model} />
      {steps ? <Steps steps={model.steps} unicode={model.unicode} /> : null}
    </Frame>
  );
}

const COMPLETE = { key: "Tab", does: "complete" };
const DONE = { key: "Enter", does: "done" };
const CURSOR = "\u001b[7m \u001b[27m";

/** How something ended. */
export function Ending({ panel }: { readonly panel: EndingPanel }): ReactNode {
  const [what = "", ...next] = panel.lines;
  return (
    <Box flexDirection="column">
      <Text>{strong(what)}</Text>
      {next.map((line) => (
        <Text key={line}>{line}</Text>
      ))}
    </Box>
  );
}

function About({ subject, gap }: { readonly subject: Explained; readonly gap: 0 | 1 }): ReactNode {
  switch (subject.type) {
    case "request":
      return <Request request={subject} gap={gap} />;
    case "metadata":
      return <Account metadata={subject} gap={gap} />;
    case "scanned":
      return (
        <Box flexDirection="column" rowGap={gap}>
          {scannedInWords(subject).map((line) => (
            <Text key={line}>{line}</Text>
          ))}
        </Box>
      );
  }
}

function Request({ request, gap }: { readonly request: RequestSubject; readonly gap: 0 | 1 }): ReactNode {
  const { clientId, clientName, scope, sender } = request;
  const client = clientName === null ? "unknown name" : displayText(clientName);
  return (
    <Box flexDirection="column" rowGap={gap}>
      <Text>A device asks to be signed in to your account.</Text>
      <Box flexDirection="column">
        <Field name="Client" value={`${client} (${displayText(clientId)})`} />
        <Hearsay sender={sender} />
      </Box>
      <Box flexDirection="column">
        <Text>It will be able to:</Text>
        <Points items={scope.map(scopeInWords)} />
      </Box>
      <Fingerprint subject={request} />
    </Box>
  );
}

function Account({ metadata, gap }: { readonly metadata: MetadataSubject; readonly gap: 0 | 1 }): ReactNode {
  const { email, displayName, deviceName, sender } = metadata;
  return (
    <Box flexDirection="column" rowGap={gap}>
      <Text>The other device is signed in to this account.</Text>
      <Box flexDirection="column">
        <Field
          name="Account"
          value={`${shown(email)}${displayName === null ? "" : ` (${displayText(displayName)})`}`}
        />
        <Field name="Device" value={shown(deviceName)} />
        <Hearsay sender={sender} />
      </Box>
      <Fingerprint subject={metadata} />
      <Text>{DATA_GOES_THERE}</Text>
    </Box>
  );
}

/** Where the other device says it is. */
function Hearsay({ sender }: { readonly sender: Sender }): ReactNode {
  return (
    <>
      <Field name="Browser" value={shown(sender.ua)} />
      <Field name="Address" value={shown(sender.remote)} />
      <Field name="Place" value={placeInWords(sender)} />
      <Text>{`  (${NOT_PROVEN})`}</Text>
    </>
  );
}

function Fingerprint({ subject }: { readonly subject: RequestSubject | MetadataSubject }): ReactNode {
  const { words, fingerprint } = fingerprintInWords(subject);
  return (
    <Box columnGap={1} flexWrap="wrap">
      <Text>{words}</Text>
      <Text>{strong(fingerprint)}</Text>
    </Box>
  );
}
