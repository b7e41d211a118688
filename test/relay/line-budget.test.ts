import { describe, expect, it } from "vitest";
import { LineBudget } from "../../src/relay/line-budget.ts";

const LIMITS = { perSource: 3, total: 5, span: 1_000 };

/** Which of so many lines from each source, in turn, may be written at that time. */
const written = (budget: LineBudget, sources: string, now: number): string =>
  sources.replaceAll(/./g, (source) => (budget.allows(source, now) ? source : ""));

describe("a budget of lines", () => {
  it("lets each source write so many, and all of them so many, in each span", () => {
    const budget = new LineBudget(LIMITS);
    expect(written(budget, "aaaab", 10)).toBe("aaab");
    expect(written(budget, "abcdefg", 900)).toBe("b");
    expect(written(budget, "aaaab", 1_009)).toBe("");
    expect(written(budget, "aaaabcd", 1_010)).toBe("aaabc");
  });

  it("tells how many were left out, once, when the span is over", () => {
    const budget = new LineBudget(LIMITS);
    written(budget, "aaaaab", 10);
    expect(budget.takeLeftOut(500)).toBe(0);
    expect(budget.takeLeftOut(1_010)).toBe(2);
    expect(budget.takeLeftOut(1_010)).toBe(0);
    written(budget, "aaa", 5_000);
    expect(budget.takeLeftOut(9_000)).toBe(0);
  });

  it("does not forget those left out in a span that another followed at once", () => {
    const budget = new LineBudget(LIMITS);
    written(budget, "aaaa", 0);
    written(budget, "aaaa", 1_000);
    expect(budget.takeLeftOut(2_000)).toBe(2);
  });
});
