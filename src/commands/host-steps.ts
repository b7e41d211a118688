/** How far a host is, in the words of its screen. */
import type { PairingStatus } from "../pairing/status.ts";
import type { OfferKind } from "../ui/offer-view.ts";
import type { Plan, Reporter, Step } from "../ui/reporter.ts";

/** @param kind what is shown to the other device's user */
export function hostPlan(kind: OfferKind): Plan {
  return { title: "Sign in another device", steps: [...BEFORE, MEETING[kind], ...AFTER] };
}

const BEFORE: readonly Step[] = [
  { name: "session", label: "Check this device's session", waitsFor: "waiting for the accounts server" },
  { name: "channel", label: "Open a channel", waitsFor: "waiting for the relay" },
];

const MEETING: Readonly<Record<OfferKind, Step>> = {
  url: { name: "scan", label: "Scan the code with the new device", waitsFor: "waiting for it" },
  code: { name: "scan", label: "Type the code on the new device", waitsFor: "waiting for it" },
};

const AFTER: readonly Step[] = [
  { name: "here", label: "Approve here", waitsFor: "waiting for you" },
  { name: "there", label: "Approve on the new device", waitsFor: "waiting for its user" },
  { name: "grant", label: "Grant the request", waitsFor: "waiting for the accounts server" },
  { name: "finish", label: "Fetch tokens and keys", waitsFor: "waiting for the new device" },
];

/** Where the new device shows the code. */
export const SCAN_PLAN: Plan = {
  title: "Sign in another device",
  atOnce: true,
  steps: [
    { name: "scan", label: "Take the new device's code", waitsFor: "waiting for you" },
    { name: "session", label: "Check this device's session", waitsFor: "waiting for the accounts server" },
    { name: "channel", label: "Connect to the new device", waitsFor: "waiting for the relay" },
    ...AFTER,
  ],
};

/** Moves the steps on that a pairing's status completes or starts. */
export function followSteps(status: PairingStatus, reporter: Pick<Reporter, "step">): void {
  switch (status.type) {
    case "connected":
      reporter.step("scan", "done");
      return;
    case "request":
      reporter.step("here", "active");
      reporter.step("there", "active");
      return;
    case "approved":
      reporter.step(status.by === "local" ? "here" : "there", "done");
      if (status.by === "local") reporter.step("grant", "active");
      return;
    case "authorized":
      reporter.step("grant", "done");
      reporter.step("finish", "active");
      return;
    case "complete":
      reporter.step("there", "done");
      reporter.step("finish", "done");
      return;
    case "declined":
    case "lost":
    case "resumed":
    case "metadata":
    case "redeeming":
  }
}
