#!/usr/bin/env node
/** Stands for a program that a recipe calls: tells the test what it was asked, and does what the test answers. */
import { basename } from "node:path";
import { text } from "node:stream/consumers";

const [, self = "", ...args] = process.argv;
const words = [basename(self), ...args];
const input = await text(process.stdin);
const response = await fetch(process.env.PLAYED_BY ?? "", {
  method: "POST",
  body: JSON.stringify({ words, input }),
});
const { status, output } = await response.json();
process.stdout.write(output);
process.exitCode = status;
