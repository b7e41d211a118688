/** What all screens have in common: the title above, the keys below, and one thing between them. */
import { Box, Text } from "ink";
import type { ReactNode } from "react";
import type { ShownKey } from "../screen/model.ts";
import { FOOTER } from "./marks.ts";
import { faint, strong } from "./style.ts";

/** How much a screen takes of the window: as much as there is room for. */
export interface Density {
  /** Empty lines between its parts. */
  readonly gap: 0 | 1;
  /** Whether the steps are shown where they are not the matter. */
  readonly steps: boolean;
}

/** From the roomiest on. */
export const DENSITIES: readonly Density[] = [
  { gap: 1, steps: true },
  { gap: 1, steps: false },
  { gap: 0, steps: false },
];

/** @param footer stays in sight when the rest has to be scrolled */
export function Frame({
  title,
  children,
  footer,
  gap = 0,
}: {
  readonly title: string;
  readonly children: ReactNode;
  readonly footer: ReactNode;
  readonly gap?: 0 | 1;
}): ReactNode {
  return (
    <Box flexDirection="column">
      <Text>{faint(`fxa-pair: ${title}`)}</Text>
      <Box flexDirection="column" rowGap={gap} marginTop={gap} marginBottom={gap}>
        {children}
      </Box>
      <Text>{FOOTER}</Text>
      {footer}
    </Box>
  );
}

/** The one thing to do now. */
export function Instruction({ children }: { readonly children: string }): ReactNode {
  return <Text>{strong(children)}</Text>;
}

/** Each key with what it does. */
export function KeysBar({ keys }: { readonly keys: readonly ShownKey[] }): ReactNode {
  return (
    <Box columnGap={3} flexWrap="wrap">
      {keys.map(({ key, does }) => (
        <Text key={key}>
          {strong(key)} {does}
        </Text>
      ))}
    </Box>
  );
}

/** A name and what it stands for, which is broken into lines beside it. */
export function Field({ name, value }: { readonly name: string; readonly value: string }): ReactNode {
  return (
    <Box>
      <Box minWidth={NAME_WIDTH} flexShrink={0}>
        <Text>{`  ${name}: `}</Text>
      </Box>
      <Text>{value}</Text>
    </Box>
  );
}

const NAME_WIDTH = 12;

/** Points under one heading. */
export function Points({ items }: { readonly items: readonly string[] }): ReactNode {
  return items.map((item) => (
    <Box key={item}>
      <Box minWidth={4} flexShrink={0}>
        <Text>{"  - "}</Text>
      </Box>
      <Text>{item}</Text>
    </Box>
  ));
}
