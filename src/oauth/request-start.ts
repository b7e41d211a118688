/** Learns when a request begins to leave. Before that, whatever goes wrong, the server has heard nothing of it. */
import type { Dispatcher } from "undici";

/** The same dispatcher, which calls `onStart` once it has a connection and is about to write the request to it. */
export function tellingStart(dispatcher: Dispatcher, onStart: () => void): Dispatcher {
  return dispatcher.compose(
    (dispatch) => (options, handler) => dispatch(options, withStart(handler, onStart)),
  );
}

function withStart(handler: Dispatcher.DispatchHandler, onStart: () => void): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller, context) {
      onStart();
      handler.onRequestStart?.(controller, context);
    },
    onRequestUpgrade(...upgrade) {
      handler.onRequestUpgrade?.(...upgrade);
    },
    onResponseStart(...start) {
      handler.onResponseStart?.(...start);
    },
    onResponseData(...data) {
      handler.onResponseData?.(...data);
    },
    onResponseEnd(...end) {
      handler.onResponseEnd?.(...end);
    },
    onResponseError(...failure) {
      handler.onResponseError?.(...failure);
    },
  };
}
