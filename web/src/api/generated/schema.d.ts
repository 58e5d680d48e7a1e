/** Types of the HTTP API, generated from docs/openapi.json by `npm run gen`; never edited by hand. */
export interface paths {
    "/api/v1/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What this server can do. */
        get: operations["config"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/meeting/transcript": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says whether a transcript is kept, and gives the code that opens it. */
        get: operations["current_transcript"];
        put?: never;
        /** Starts to keep a transcript; everybody in the meeting is told. */
        post: operations["start_transcript"];
        /** Stops to keep a transcript; what was kept stays, and everybody in the meeting is told. */
        delete: operations["stop_transcript"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rooms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes a room and its link. */
        post: operations["create_room"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rooms/{code}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Looks a room up by its code. */
        get: operations["get_room"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rooms/{code}/join": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lets a guest into a room. */
        post: operations["join_room"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/transcripts/{transcript}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads a transcript. Until the meeting has ended it is open to those alone who are in it. */
        get: operations["transcript"];
        put?: never;
        post?: never;
        /** Deletes a transcript for everybody, once its meeting is over. */
        delete: operations["delete_transcript"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/transcripts/{transcript}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Downloads a transcript. */
        get: operations["export_transcript"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Captions: {
            available: boolean;
            /** @description ISO 639-1 codes, or those of ISO 639-3 where there is no shorter one. */
            languages: string[];
            /** @description Why there are none, for people. */
            reason: string | null;
        };
        CreatedRoom: {
            /**
             * @description Opens the room; cannot be guessed and cannot be asked for again.
             * @example 01234-56789-abcde-fghjk-mnpqr
             */
            code: string;
            created_at: string;
            name: string;
            transcript: components["schemas"]["TranscriptDefault"];
            /** @description The link to send to others. */
            url: string;
        };
        CurrentTranscript: {
            /** @description Whether what is said is being kept. */
            kept: boolean;
            /** @description Opens the transcript, for this participant; null where none was started in this meeting. */
            transcript: string | null;
        };
        /** @description The body of every error. */
        ErrorBody: {
            error: components["schemas"]["ErrorDetail"];
        };
        ErrorDetail: {
            /**
             * @description For programs: never changes.
             * @example room_not_found
             */
            code: string;
            /** @description Of an error inside the server: its log has the reason under this id. */
            error_id?: string | null;
            /** @description For people: what happened and what to do. */
            message: string;
        };
        Join: {
            /** @description Who you were before you lost the line; needs your former token as bearer. */
            identity?: string | null;
            /** @description Code of the language you speak, one of those in the configuration; null: it is detected. */
            language?: string | null;
            /** @description What others see, 1 to 64 characters. */
            name: string;
        };
        Joined: {
            identity: string;
            /** @description Where LiveKit's client connects to. */
            signal_url: string;
            token: string;
        };
        Limits: {
            name_chars_max: number;
        };
        NewRoom: {
            /** @description What the room is called; may be empty. */
            name?: string | null;
            transcript?: components["schemas"]["TranscriptDefault"] | null;
        };
        /** @description Who runs this server; what was not set is null. */
        Operator: {
            accessibility_url: string | null;
            /** @description A mail address, a URL or a telephone number. */
            contact: string | null;
            legal_url: string | null;
            /** @description The path of the logo on this server. */
            logo: string | null;
            name: string | null;
            privacy_url: string | null;
        };
        Room: {
            /** @description As it is written, however it was typed. */
            code: string;
            name: string;
            /** @description How many are in the meeting now. */
            participants: number;
            /** @description Whether its meetings keep a transcript from their beginning. */
            transcript: components["schemas"]["TranscriptDefault"];
            /** @description Whether the meeting now in it keeps one. */
            transcript_kept: boolean;
        };
        ServerConfig: {
            captions: components["schemas"]["Captions"];
            limits: components["schemas"]["Limits"];
            operator: components["schemas"]["Operator"];
            version: string;
        };
        Speaker: {
            identity: string;
            name: string;
        };
        StartedTranscript: {
            /** @description Deletes the transcript after the meeting; null if somebody else started it first. */
            deletion_code: string | null;
            /** @description Opens the transcript, for this participant. */
            transcript: string;
        };
        Transcript: {
            /** @description Null while the meeting goes on. */
            ended_at: string | null;
            /** @description In the order in which they began. */
            lines: components["schemas"]["TranscriptLine"][];
            /**
             * Format: int64
             * @description How often it was read, by everybody together.
             */
            reads: number;
            room_name: string;
            started_at: string;
        };
        /**
         * @description Whether a meeting keeps a transcript when it starts.
         * @enum {string}
         */
        TranscriptDefault: "off" | "ask" | "on";
        TranscriptLine: {
            ended_at: string;
            id: string;
            /** @description ISO 639-1; empty where it is not known. */
            language: string;
            /**
             * Format: int64
             * @description Counts up in the order in which lines were stored.
             */
            number: number;
            /**
             * Format: int64
             * @description Milliseconds since the meeting began.
             */
            offset_ms: number;
            speaker: components["schemas"]["Speaker"];
            started_at: string;
            text: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    config: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServerConfig"];
                };
            };
        };
    };
    current_transcript: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CurrentTranscript"];
                };
            };
            /** @description No token of a call, or one that has expired */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description You are not in the meeting */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    start_transcript: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StartedTranscript"];
                };
            };
            /** @description No token of a call, or one that has expired */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description You are not in the meeting, or may not */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description The room is not stored on this server */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    stop_transcript: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No token of a call, or one that has expired */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description You are not in the meeting, or may not */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description The room is not stored on this server */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    create_room: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewRoom"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedRoom"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description The name cannot be used */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_room: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Spaces, capitals and missing dashes are forgiven */
                code: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Room"];
                };
            };
            /** @description Unknown and malformed codes alike */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    join_room: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Spaces, capitals and missing dashes are forgiven */
                code: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Join"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Joined"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Unknown and malformed codes alike */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description The name or language cannot be used */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    transcript: {
        parameters: {
            query?: {
                /** @description Only lines stored after the one with this number: what was read before it is known already. */
                after?: number;
            };
            header?: never;
            path: {
                /** @description The reader's own code */
                transcript: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Transcript"];
                };
            };
            /** @description The meeting goes on and you are not in it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Unknown and malformed codes alike */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_transcript: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The deletion code that starting gave */
                transcript: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Unknown code, or the meeting still goes on */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    export_transcript: {
        parameters: {
            query: {
                format: "vtt" | "markdown";
            };
            header?: never;
            path: {
                /** @description The reader's own code */
                transcript: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/vtt": string;
                    "text/markdown": string;
                };
            };
            /** @description The meeting goes on and you are not in it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Unknown and malformed codes alike */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description There is no such format */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
}
