/** Completion for PowerShell, 5.1 and later. */
import type { OptionEntry } from "../help/catalogue.ts";
import type { OptionValues } from "../option-values.ts";
import { valueOptions } from "./tree.ts";
import type { Place } from "./tree.ts";

/** A script to run in a profile. Where it offers nothing, PowerShell completes files by itself. */
export function powershellCompletion(all: readonly Place[]): string {
  return `# Completion of fxa-pair for PowerShell. Made by: fxa-pair completion powershell

Register-ArgumentCompleter -Native -CommandName fxa-pair -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $takesValue = @(${valueOptions(all).map(quoted).join(", ")})
    $offers = @{
${all.map(offersOf).join("\n")}
    }
    $place = ''
    $operands = 0
    $option = $null
    $ended = $false
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text })
    foreach ($word in $words) {
        if ($ended) { $operands++ }
        elseif ($null -ne $option) { $option = $null }
        elseif ($word -ceq '--') { $ended = $true }
        elseif ($takesValue -ccontains $word) { $option = $word }
        elseif ($word.StartsWith('-')) { }
        elseif ($offers.ContainsKey(($place + ' ' + $word).Trim())) { $place = ($place + ' ' + $word).Trim(); $operands = 0 }
        else { $operands++ }
    }
    $here = $offers[$place]
    $before = ''
    $typed = $wordToComplete
    if ($null -eq $option -and $typed -match '^(--[\\w-]+)=(.*)$') {
        $option = $Matches[1]; $before = $Matches[1] + '='; $typed = $Matches[2]
    }
    if ($null -ne $option) {
        $found = @($here.Options | Where-Object { $_.Name -ceq $option } | ForEach-Object { $_.Choices } |
            ForEach-Object { @{ Name = $_; Words = $_ } })
    }
    elseif (-not $ended -and $typed.StartsWith('-')) { $found = $here.Options }
    else { $found = @($here.Operands | Where-Object { $operands -eq 0 }) }
    $found | Where-Object { $_.Name.StartsWith($typed) } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($before + $_.Name, $_.Name, 'ParameterValue', $_.Words)
    }
}
`;
}

function offersOf({ path, options, commands, arguments: operands }: Place): string {
  const first = operands[0] === undefined ? [] : wordsOf(operands[0].values);
  const offered = commands.length > 0 ? commands : first.map((name) => ({ name, words: name }));
  return `        ${quoted(path.join(" "))} = @{
            Options  = @(
${options.flatMap(optionLines).join("\n")}
            )
            Operands = @(
${offered.map(({ name, words }) => `                @{ Name = ${quoted(name)}; Words = ${quoted(words)} }`).join("\n")}
            )
        }`;
}

function optionLines({ names, words, values }: OptionEntry): string[] {
  const listed = wordsOf(values).map(quoted).join(", ");
  return names.map(
    (name) => `                @{ Name = ${quoted(name)}; Words = ${quoted(words)}; Choices = @(${listed}) }`,
  );
}

function wordsOf(values: OptionValues): readonly string[] {
  return values.kind === "words" ? values.words : [];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
