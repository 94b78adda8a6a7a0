/** HTTP without resources: requests, answers, problems, checked input, shares and time limits. */
@NullMarked
package dev.muster.fanout.http;

import org.jspecify.annotations.NullMarked;
