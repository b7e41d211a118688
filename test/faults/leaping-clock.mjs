/** Loaded into a real process before the program: its wall clock leaps a day ahead and back, from one look to the next. */
const DAY = 86_400_000;
const now = Date.now.bind(Date);
let ahead = false;

Date.now = () => {
  ahead = !ahead;
  return now() + (ahead ? DAY : -DAY);
};
