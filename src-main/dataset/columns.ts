// Many small objects as a few columns and back: how images and what was learned of them cross between threads.
import { type Format, formatNouns } from './recognise.ts';
import type { NewSurvey, Place, Subject, Subjects, Survey, Surveys } from './tasks.ts';

export function packSubjects(subjects: readonly Subject[]): Subjects {
  return {
    paths: subjects.map(({ path }) => path),
    places: subjects.map(({ place }) => (isWholeFile(place) ? place.file : place)),
    arrays: subjects.some(({ array }) => array !== null) ? subjects.map(({ array }) => array) : null,
    pages: subjects.some(({ page }) => page !== 0) ? subjects.map(({ page }) => page) : null,
  };
}

export function unpackSubjects({ paths, places, arrays, pages }: Subjects): Subject[] {
  return paths.map((path, index) => {
    const place = places[index]!;
    return {
      path,
      place: typeof place === 'string' ? wholeFile(place) : place,
      array: arrays === null ? null : arrays[index]!,
      page: pages === null ? 0 : pages[index]!,
    };
  });
}

export const wholeFile = (file: string): Place => ({ file, offset: 0, length: -1, inflated: null, checksum: null });

const isWholeFile = ({ offset, length, inflated, checksum }: Place) =>
  offset === 0 && length < 0 && inflated === null && checksum === null;

const formats = [...Object.keys(formatNouns), 'array'] as (Format | 'array')[];
const hashLength = 64;

/** One new survey in the columns: format, size, flags, pages, bytes, time of change, channels of early pixels or 0. */
const width = 9;

export function packSurveys(surveys: readonly Survey[]): Surveys {
  const numbers = new Float64Array(surveys.length * width);
  const hashes: string[] = [];
  const others: Surveys['others'] = [];
  for (const [index, survey] of surveys.entries()) {
    if (survey.state !== 'new') {
      others.push([index, survey]);
      continue;
    }
    const at = index * width;
    numbers[at] = formats.indexOf(survey.format);
    numbers[at + 1] = survey.width;
    numbers[at + 2] = survey.height;
    numbers[at + 3] = survey.color ? 1 : 0;
    numbers[at + 4] = survey.deep ? 1 : 0;
    numbers[at + 5] = survey.pages;
    numbers[at + 6] = survey.bytes;
    numbers[at + 7] = survey.modified;
    numbers[at + 8] = survey.early?.channels ?? 0;
    if (survey.early !== null) hashes.push(survey.early.sha256);
  }
  return { numbers, hashes: hashes.join(''), others };
}

export function unpackSurveys({ numbers, hashes, others }: Surveys): Survey[] {
  const surveys: Survey[] = [];
  const known = new Map(others);
  let hash = 0;
  for (let index = 0; index * width < numbers.length; index++) {
    const other = known.get(index);
    if (other !== undefined) {
      surveys.push(other);
      continue;
    }
    const channels = numbers[index * width + 8] as 0 | 1 | 3;
    const sha256 = channels === 0 ? '' : hashes.slice(hash, hash + hashLength);
    hash += sha256.length;
    surveys.push(unpackSurvey(numbers, index * width, channels === 0 ? null : { channels, sha256 }));
  }
  return surveys;
}

function unpackSurvey(numbers: Float64Array, at: number, early: NewSurvey['early']): NewSurvey {
  return {
    state: 'new',
    format: formats[numbers[at]!]!,
    width: numbers[at + 1]!,
    height: numbers[at + 2]!,
    color: numbers[at + 3] === 1,
    deep: numbers[at + 4] === 1,
    pages: numbers[at + 5]!,
    bytes: numbers[at + 6]!,
    modified: numbers[at + 7]!,
    early,
  };
}
