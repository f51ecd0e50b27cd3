import test from 'ava'
import { CSV_HEAD, csvCell, presentAudit, toCsvLine } from '../../src/audit/present-audit.ts'

for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', '＠x']) {
  test(`${JSON.stringify(text)} is no formula in a spreadsheet`, (t) => {
    t.is(csvCell(text), `"'${text}"`)
  })
}

test('a cell is quoted, and its quotes are doubled', (t) => {
  t.is(csvCell('a"b,c\nd'), '"a""b,c\nd"')
  t.is(csvCell('=HYPERLINK("http://x")'), '"\'=HYPERLINK(""http://x"")"')
  t.deepEqual([csvCell(null), csvCell(3), csvCell('a=b')], ['""', '3', '"a=b"'])
})

test('a line has a cell for every column of the head', (t) => {
  const item = presentAudit({
    id: 1,
    time: new Date('2026-01-31T08:00:00.123Z'),
    actorName: 'ann',
    action: 'tag.delete',
    target: 'acme/app:1',
    project: 'acme',
    outcome: 'done',
    count: 1,
    userAgent: '=cmd',
    replica: undefined,
    sequence: undefined,
  })
  t.is(
    CSV_HEAD,
    'time,actor,onBehalfOf,action,target,project,outcome,count,address,userAgent,requestId\r\n',
  )
  t.is(
    toCsvLine(item),
    '"2026-01-31T08:00:00.123Z","ann","","tag.delete","acme/app:1","acme","done",1,"","\'=cmd",""\r\n',
  )
})
