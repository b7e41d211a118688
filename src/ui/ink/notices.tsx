/** What must not be missed, and what went on last. */
import { Box, Text } from "ink";
import type { ReactNode } from "react";
import type { ScreenModel } from "../screen/model.ts";
import { strong } from "./style.ts";

export function Notices({ model }: { readonly model: Pick<ScreenModel, "notices" | "status"> }): ReactNode {
  const { notices, status } = model;
  if (notices.length === 0 && status === null) return null;
  return (
    <Box flexDirection="column" flexShrink={0}>
      {notices.map((notice) => (
        <Text key={notice}>{strong(notice)}</Text>
      ))}
      {status === null ? null : <Text>{status}</Text>}
    </Box>
  );
}
