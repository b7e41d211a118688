/** How far a new device is, in the words of its screen. */
import type { PairingStatus } from "../pairing/status.ts";
import type { Plan, Reporter } from "../ui/reporter.ts";

export const JOIN_PLAN: Plan = {
  title: "Sign this device in",
  atOnce: true,
  steps: [
    { name: "code", label: "Take the other device's code", waitsFor: "waiting for you" },
    { name: "connect", label: "Connect to the other device", waitsFor: "waiting for the relay" },
    { name: "request", label: "Ask to be signed in", waitsFor: "waiting for the other device" },
    { name: "here", label: "Confirm here", waitsFor: "waiting for you" },
    { name: "there", label: "Approve on the other device", waitsFor: "waiting for its user" },
    {
      name: "redeem",
      label: "Fetch tokens and keys, and keep them",
      waitsFor: "waiting for the accounts server",
    },
  ],
};

/** Where this device shows the code. */
export const SHOW_PLAN: Plan = {
  title: JOIN_PLAN.title,
  steps: [
    { name: "code", label: "Open a channel", waitsFor: "waiting for the relay" },
    { name: "connect", label: "Scan the code with the signed-in device", waitsFor: "waiting for it" },
    ...JOIN_PLAN.steps.slice(2),
  ],
};

/** Moves the steps on that a pairing's status completes or starts. */
export function followSteps(status: PairingStatus, reporter: Pick<Reporter, "step">): void {
  switch (status.type) {
    case "connected":
      reporter.step("connect", "done");
      reporter.step("request", "active");
      return;
    case "metadata":
      reporter.step("request", "done");
      reporter.step("here", "active");
      reporter.step("there", "active");
      return;
    case "approved":
      reporter.step(status.by === "local" ? "here" : "there", "done");
      return;
    case "declined":
      reporter.step(status.by === "local" ? "here" : "there", "failed");
      return;
    case "redeeming":
      // The code is the other device's yes.
      reporter.step("there", "done");
      reporter.step("redeem", "active");
      return;
    case "complete":
      reporter.step("redeem", "done");
      return;
    case "authorized":
    case "lost":
    case "request":
    case "resumed":
  }
}
